//! studio: see ARCHITECTURE.md.
