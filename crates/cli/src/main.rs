#[cfg_attr(
    not(test),
    expect(dead_code, reason = "no command opens a snapshot yet")
)]
mod disk_folder;

fn main() {}
