//! The doors of storyloom: parse, build, run.

fn main() -> std::process::ExitCode {
    storyloom::cli::main()
}
