//! Prints the operations table as JSON, for `tests/operations/check_table.py`.

fn main() {
    println!("{:#}", sagewarden_core::operations::as_json());
}
