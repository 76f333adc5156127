//! Bytes to oriented RGB: decoding with limits, EXIF orientation, a content hash, and two ways to resize.
//!
//! Everything that comes out is 8-bit RGB in the orientation a person sees. It leaves out where the bytes come from
//! (`exchange`), how they are shown (`canvas`) and how a model wants them normalised (`writer`).

mod alpha;
mod decode;
mod filter;
mod jpeg_end;
mod limits;
mod picture;
mod pixel_error;
mod resize_exact;
mod resize_quick;
mod rgb;

pub use alpha::Alpha;
pub use decode::header_size;
pub use filter::Filter;
pub use limits::{MAX_PIXELS, MAX_SIDE};
pub use picture::Picture;
pub use pixel_error::{PixelError, PixelFault};
pub use resize_exact::resize_exact;
pub use resize_quick::resize_quick;
pub use rgb::Rgb;
