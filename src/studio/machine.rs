//! What the machine offers: cores, memory, disk, instructions. For checks before large work, and for `doctor`.

use std::path::Path;

use serde::Serialize;
use sysinfo::{Disks, System};

/// What this machine offers.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub system: String,
    pub processor: String,
    /// What this process may use, which in a container is less than what is built in.
    pub cores: usize,
    /// In bytes; of the container where there is one.
    pub memory: u64,
    pub memory_free: u64,
    /// Vector instructions that arithmetic here can use.
    pub instructions: Vec<&'static str>,
}

impl Machine {
    /// Looks.
    pub fn look() -> Machine {
        let mut system = System::new();
        system.refresh_memory();
        system.refresh_cpu_all();
        let (mut memory, mut memory_free) = (system.total_memory(), system.available_memory());
        if let Some(limits) = system.cgroup_limits() {
            memory = memory.min(limits.total_memory);
            memory_free = memory_free.min(limits.free_memory);
        }
        let name = System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned());
        Machine {
            system: format!("{name} ({})", std::env::consts::ARCH),
            processor: system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory,
            memory_free,
            instructions: instructions(),
        }
    }
}

/// Bytes left on the disk that holds this path or will; `None` where the system does not say.
pub fn free_space(path: &Path) -> Option<u64> {
    let there = path.ancestors().find_map(|path| path.canonicalize().ok())?;
    let disks = Disks::new_with_refreshed_list();
    let holds = disks.iter().filter(|disk| there.starts_with(disk.mount_point()));
    holds.max_by_key(|disk| disk.mount_point().as_os_str().len()).map(|disk| disk.available_space())
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let known = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "aarch64")]
fn instructions() -> Vec<&'static str> {
    let known = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("fp16", std::arch::is_aarch64_feature_detected!("fp16")),
        ("dotprod", std::arch::is_aarch64_feature_detected!("dotprod")),
        ("bf16", std::arch::is_aarch64_feature_detected!("bf16")),
        ("i8mm", std::arch::is_aarch64_feature_detected!("i8mm")),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instructions() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_has() {
        let machine = Machine::look();
        assert!(machine.cores > 0 && machine.memory > 0 && machine.memory_free <= machine.memory);
    }

    #[test]
    fn free_space_is_asked_of_the_disk_that_will_hold_it() {
        let folder = tempfile::tempdir().unwrap();
        let not_there_yet = folder.path().join("models/one");
        assert_eq!(free_space(&not_there_yet).is_some(), free_space(folder.path()).is_some());
    }
}
