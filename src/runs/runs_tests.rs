//! States that only files can make: what a run is taken for when its processes are gone, silent, or somebody else's.
