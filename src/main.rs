//! The `tailwing` command.

fn main() {}
