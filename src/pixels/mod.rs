//! pixels: see ARCHITECTURE.md.
