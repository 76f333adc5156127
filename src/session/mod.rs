//! session: see ARCHITECTURE.md.
