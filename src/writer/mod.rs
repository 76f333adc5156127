//! writer: see ARCHITECTURE.md.
