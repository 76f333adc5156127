//! The doors of storyloom: parse, build, run.

/// Training makes and frees many megabytes a step; this allocator keeps them instead of handing them back to the system
/// page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    storyloom::cli::main()
}
