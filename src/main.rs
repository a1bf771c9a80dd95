//! The `tailwing` command.

fn main() -> std::process::ExitCode {
    tailwing::cli::main()
}
