# What is done often. `just` alone lists it.

default:
    @just --list

# Build the program
build:
    cargo build --release

# All tests; in the release profile, which they share with the program
test:
    cargo test --release

# Format and lints, as CI asks for them
lint:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings

# Licences, advisories and sources of the dependencies (needs cargo-deny)
deny:
    cargo deny check

# Open the studio
studio *flags:
    cargo run --release -- {{flags}}

# Train by a recipe; the same command goes on where a run stopped
train recipe="configs/recipes/storyteller.toml" run="runs/storyteller":
    cargo run --release -- train sft {{recipe}} --run {{run}}

# Everything that CI runs
ci:
    .ci/run
