//! shelf: see ARCHITECTURE.md.
