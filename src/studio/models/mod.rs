//! The models of this home: checking a folder, fetching one from a hub, writing down where a remote one is, keeping the list.
//!
//! It leaves out loading them: that is the writer's, on its own thread.

mod adding;
mod embedded;
mod fetching;
mod hub;
mod hub_file;
mod hub_id;
mod hub_listing;
mod hub_trouble;
mod inspect;
mod registry;
mod remote;
mod tensor_file;

pub use adding::AddModel;
pub use fetching::Fetching;
pub use hub::Hub;
pub use hub_id::HubId;
pub use inspect::{Inspected, inspect};
pub use registry::Registry;
pub use remote::{AddRemote, SCHEME};
