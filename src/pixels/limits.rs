//! How large a picture may be. Beyond this it is refused by its header, before anything is decoded.

/// Most pixels a side.
pub const MAX_SIDE: u32 = 16_384;
/// Most pixels in all.
pub const MAX_PIXELS: u64 = 100_000_000;
