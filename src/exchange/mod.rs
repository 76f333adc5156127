//! exchange: see ARCHITECTURE.md.
