//! canvas: see ARCHITECTURE.md.
