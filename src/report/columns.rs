//! `paths.parquet`: the outcomes of all paths, one row each.
//!
//! First the path's number, then the columns of the outcomes in their order. Row groups have a fixed size, and nothing in
//! the file depends on when, where or with how many threads it was written.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::error::{Error, Result};
use crate::risk::{Column, Outcomes, Values};

/// Rows of a row group; every group but the last is full.
const ROW_GROUP_ROWS: usize = 65_536;

/// Writes the outcomes as Parquet.
///
/// # Errors
/// Columns of unequal length or equal names, or the sink refuses.
pub fn write(outcomes: &Outcomes, sink: impl Write + Send) -> Result<()> {
    write_rows("path", outcomes, sink)
}

/// Writes columns as Parquet, behind one with the number of each row, which is called `row`.
///
/// # Errors
/// As for [`write()`].
pub fn write_rows(row: &str, outcomes: &Outcomes, sink: impl Write + Send) -> Result<()> {
    check_shape(row, outcomes)?;
    write_file(row, outcomes, sink).map_err(|error| Error::Run(format!("cannot write Parquet: {error}")))
}

fn check_shape(row: &str, outcomes: &Outcomes) -> Result<()> {
    for (i, column) in outcomes.columns.iter().enumerate() {
        if length(column) != outcomes.paths() {
            return Err(Error::Run(format!("column {} has a length of its own", column.name)));
        }
        if column.name == row || outcomes.columns[..i].iter().any(|other| other.name == column.name) {
            return Err(Error::Run(format!("there are two columns called {}", column.name)));
        }
    }
    Ok(())
}

fn length(column: &Column) -> usize {
    match &column.values {
        Values::Real(values) => values.len(),
        Values::Count(values) => values.len(),
    }
}

fn write_file(row: &str, outcomes: &Outcomes, sink: impl Write + Send) -> std::result::Result<(), ParquetError> {
    let mut file = SerializedFileWriter::new(sink, Arc::new(schema(row, outcomes)?), Arc::new(properties()?))?;
    for start in (0..outcomes.paths()).step_by(ROW_GROUP_ROWS) {
        let end = (start + ROW_GROUP_ROWS).min(outcomes.paths());
        let mut group = file.next_row_group()?;
        let numbers: Vec<i64> = (start as i64..end as i64).collect();
        write_column::<Int64Type, _>(&mut group, &numbers)?;
        for column in &outcomes.columns {
            match &column.values {
                Values::Real(values) => write_column::<DoubleType, _>(&mut group, &values[start..end])?,
                Values::Count(values) => write_column::<Int32Type, _>(&mut group, &values[start..end])?,
            }
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

fn schema(row: &str, outcomes: &Outcomes) -> std::result::Result<Type, ParquetError> {
    let required = |name: &str, physical| {
        let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED).build()?;
        Ok::<_, ParquetError>(Arc::new(column))
    };
    let mut fields = vec![required(row, Physical::INT64)?];
    for column in &outcomes.columns {
        let physical = match column.values {
            Values::Real(_) => Physical::DOUBLE,
            Values::Count(_) => Physical::INT32,
        };
        fields.push(required(&column.name, physical)?);
    }
    Type::group_type_builder(&format!("{row}s")).with_fields(fields).build()
}

fn properties() -> std::result::Result<WriterProperties, ParquetError> {
    // Dictionaries of amounts are as long as the amounts.
    Ok(WriterProperties::builder()
        .set_created_by(concat!("tailwing version ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::PLAIN)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build())
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> std::result::Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has too few columns".into()));
    };
    column.typed::<T>().write_batch(values, None, None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    #[test]
    fn every_value_reads_back_and_the_path_number_comes_first() {
        let outcomes = fixture::outcomes(500);
        let file = tempfile::tempfile().unwrap();
        write(&outcomes, &file).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let mut rows = 0;
        for (path, row) in reader.get_row_iter(None).unwrap().enumerate() {
            let row = row.unwrap();
            let fields: Vec<(&String, &Field)> = row.get_column_iter().collect();
            assert_eq!(fields.len(), 1 + outcomes.columns.len());
            assert_eq!(fields[0], (&"path".to_string(), &Field::Long(path as i64)));
            for (column, field) in outcomes.columns.iter().zip(&fields[1..]) {
                let expected = match &column.values {
                    Values::Real(values) => Field::Double(values[path]),
                    Values::Count(values) => Field::Int(values[path]),
                };
                assert_eq!(*field, (&column.name, &expected));
            }
            rows += 1;
        }
        assert_eq!(rows, 500);
    }

    #[test]
    fn row_groups_have_a_fixed_size_and_the_same_outcomes_give_the_same_bytes() {
        let outcomes = fixture::outcomes(ROW_GROUP_ROWS + 1);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        write(&outcomes, &mut first).unwrap();
        write(&outcomes, &mut second).unwrap();
        assert!(first == second);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&first).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(rows, [ROW_GROUP_ROWS as i64, 1]);
    }

    #[test]
    fn columns_of_unequal_length_or_equal_name_are_refused() {
        let mut unequal = fixture::outcomes(10);
        unequal.columns[1].values = Values::Count(vec![0; 9]);
        assert!(write(&unequal, Vec::new()).unwrap_err().to_string().contains("length of its own"));
        let mut twins = fixture::outcomes(10);
        twins.columns[1].name = twins.columns[0].name.clone();
        assert!(write(&twins, Vec::new()).unwrap_err().to_string().contains("two columns"));
    }
}
