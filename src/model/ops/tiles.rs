//! The two instruction sets that multiply bf16 and add in f32, behind one call: AMX (Sapphire Rapids and later) and
//! AVX512-BF16 (Zen 4 and later, Cooper Lake). Which one there is, is asked of the processor once.
//!
//! Beside `kernels` the only place of the engine with `unsafe`: AMX has no intrinsics in stable Rust, so its loop is
//! assembly. Everything that reaches it is checked here. What is in the tiles is `bf16_product`'s business.

/// Rows of a left panel, columns of a right panel, and pairs of inner elements in a tile.
pub const SIDE: usize = 16;
/// Inner elements of a tile.
pub const DEPTH: usize = 2 * SIDE;
/// 32-bit words (bf16 pairs) of a tile.
pub const WORDS: usize = SIDE * SIDE;

/// What this processor multiplies bf16 with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Amx,
    Avx512,
    /// Plain loops: slow, exact in the same way; what the tests hold the others against.
    Plain,
}

impl Unit {
    /// The fastest here; `None` where f32 products are faster than plain loops over bf16.
    pub fn fastest() -> Option<Self> {
        Self::here().first().copied().filter(|unit| *unit != Self::Plain)
    }

    /// All that this processor has, the fastest first.
    pub fn here() -> &'static [Self] {
        static HERE: std::sync::OnceLock<Vec<Unit>> = std::sync::OnceLock::new();
        HERE.get_or_init(|| {
            let mut units = Vec::new();
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            if x86::amx_allowed() {
                units.push(Self::Amx);
            }
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512f") {
                units.push(Self::Avx512);
            }
            units.push(Self::Plain);
            units
        })
    }
}

/// Two left panels times two right panels, each `blocks` tiles long, into a 32 x 32 block of `out` whose rows are
/// `stride` apart; added to what is there with `add`.
///
/// A left tile holds rows of bf16 pairs, (row, pair); a right tile pairs of rows, (pair, column).
#[allow(unsafe_code)]
pub fn block(unit: Unit, left: [&[u32]; 2], right: [&[u32]; 2], out: &mut [f32], stride: usize, add: bool) {
    let words = left[0].len();
    assert!(words.is_multiple_of(WORDS), "a panel is whole tiles");
    assert!(left.iter().chain(&right).all(|panel| panel.len() == words), "panels of different depth");
    assert!(stride >= 2 * SIDE && out.len() >= (2 * SIDE - 1) * stride + 2 * SIDE, "a block reaches beyond its slice");
    match unit {
        // SAFETY: the unit is only handed out when the processor and the kernel have it; the asserts above bound every
        // tile that is read (`words` u32 from each panel) and the 32 rows of 32 f32 that are written.
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        Unit::Amx => unsafe { x86::amx_block(left, right, words / WORDS, out.as_mut_ptr(), stride, add) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Unit::Avx512 => unsafe { x86::avx512_block(left, right, out.as_mut_ptr(), stride, add) },
        _ => plain_block(left, right, out, stride, add),
    }
}

fn plain_block(left: [&[u32]; 2], right: [&[u32]; 2], out: &mut [f32], stride: usize, add: bool) {
    let wide = |pair: u32| [f32::from_bits(pair << 16), f32::from_bits(pair & 0xffff_0000)];
    for row in 0..2 * SIDE {
        for column in 0..2 * SIDE {
            let (a, b) = (left[row / SIDE], right[column / SIDE]);
            let mut sum = if add { out[row * stride + column] } else { 0.0 };
            for (a, b) in a.chunks_exact(WORDS).zip(b.chunks_exact(WORDS)) {
                for pair in 0..SIDE {
                    let (a, b) = (wide(a[row % SIDE * SIDE + pair]), wide(b[pair * SIDE + column % SIDE]));
                    sum += a[0] * b[0] + a[1] * b[1];
                }
            }
            out[row * stride + column] = sum;
        }
    }
}

/// Loads the tile configuration of this thread; nothing for the other units. Dropped, it gives the tiles back.
pub struct Loaded(Unit);

impl Loaded {
    #[allow(unsafe_code)]
    pub fn new(unit: Unit) -> Self {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        if unit == Unit::Amx {
            // SAFETY: the unit is only handed out when the processor has tiles and the kernel lets us use them.
            unsafe { x86::configure() };
        }
        Self(unit)
    }

    pub fn unit(&self) -> Unit {
        self.0
    }
}

impl Drop for Loaded {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        if self.0 == Unit::Amx {
            // SAFETY: as in `new`.
            unsafe { x86::release() };
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use std::arch::asm;
    use std::arch::x86_64::*;

    use super::{SIDE, WORDS};

    /// Whether processor, hypervisor and kernel have AMX tiles with bf16; asks the kernel for them.
    #[cfg(target_os = "linux")]
    pub fn amx_allowed() -> bool {
        const TILE: u32 = 1 << 24;
        const BF16: u32 = 1 << 22;
        const REQUEST_PERMISSION: libc::c_long = 0x1023;
        const TILE_DATA: libc::c_long = 18;
        if __cpuid(0).eax < 7 || __cpuid_count(7, 0).edx & (TILE | BF16) != TILE | BF16 {
            return false;
        }
        // SAFETY: with this request the system call only changes what the process may use; a kernel that does not know it
        // answers an error.
        unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0 }
    }

    #[cfg(target_os = "linux")]
    #[repr(C, align(64))]
    struct TileConfig {
        palette: u8,
        start_row: u8,
        reserved: [u8; 14],
        row_bytes: [u16; 16],
        rows: [u8; 16],
    }

    /// Eight tiles of 16 rows of 64 bytes.
    #[cfg(target_os = "linux")]
    pub unsafe fn configure() {
        let mut config = TileConfig { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        config.row_bytes[..8].fill(64);
        config.rows[..8].fill(SIDE as u8);
        // SAFETY: reads 64 bytes, which the configuration has.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &config, options(nostack, readonly)) };
    }

    #[cfg(target_os = "linux")]
    pub unsafe fn release() {
        // SAFETY: nothing of ours is kept in tiles between blocks.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }

    /// Sums in tiles 0..4, left tiles in 4 and 5, right tiles in 6 and 7: four products for four loads.
    #[cfg(target_os = "linux")]
    pub unsafe fn amx_block(
        left: [&[u32]; 2],
        right: [&[u32]; 2],
        blocks: usize,
        out: *mut f32,
        stride: usize,
        add: bool,
    ) {
        let (bytes, down) = (stride * 4, stride * 4 * SIDE);
        // SAFETY: the caller has checked the bounds; the configuration is loaded.
        unsafe {
            let low = out.cast::<u8>().add(down);
            if add {
                asm!("tileloadd tmm0, [{c} + {s}]", "tileloadd tmm1, [{c} + {s} + 64]",
                    "tileloadd tmm2, [{d} + {s}]", "tileloadd tmm3, [{d} + {s} + 64]",
                    c = in(reg) out, d = in(reg) low, s = in(reg) bytes, options(nostack, readonly));
            } else {
                asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3", options(nostack, nomem));
            }
            if blocks > 0 {
                asm!(
                    "2:",
                    "tileloadd tmm4, [{a} + {s}]",
                    "tileloadd tmm6, [{b} + {s}]",
                    "tileloadd tmm7, [{e} + {s}]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tileloadd tmm5, [{d} + {s}]",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tdpbf16ps tmm2, tmm5, tmm6",
                    "tdpbf16ps tmm3, tmm5, tmm7",
                    "add {a}, 1024",
                    "add {b}, 1024",
                    "add {d}, 1024",
                    "add {e}, 1024",
                    "dec {n}",
                    "jnz 2b",
                    a = inout(reg) left[0].as_ptr() => _,
                    d = inout(reg) left[1].as_ptr() => _,
                    b = inout(reg) right[0].as_ptr() => _,
                    e = inout(reg) right[1].as_ptr() => _,
                    n = inout(reg) blocks => _,
                    s = in(reg) 64usize,
                    options(nostack, readonly)
                );
            }
            asm!("tilestored [{c} + {s}], tmm0", "tilestored [{c} + {s} + 64], tmm1",
                "tilestored [{d} + {s}], tmm2", "tilestored [{d} + {s} + 64], tmm3",
                c = in(reg) out, d = in(reg) low, s = in(reg) bytes, options(nostack));
        }
    }

    /// Eight rows by two vectors of sixteen columns at a time.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub unsafe fn avx512_block(left: [&[u32]; 2], right: [&[u32]; 2], out: *mut f32, stride: usize, add: bool) {
        const ROWS: usize = 8;
        for first in (0..2 * SIDE).step_by(ROWS) {
            let panel = left[first / SIDE];
            let row_in_tile = first % SIDE;
            let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
            if add {
                for (i, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: row `first + i` < 32 and 32 columns lie within the checked block.
                    let row = unsafe { out.add((first + i) * stride) };
                    *sums = unsafe { [_mm512_loadu_ps(row), _mm512_loadu_ps(row.add(SIDE))] };
                }
            }
            for tile in (0..panel.len()).step_by(WORDS) {
                for pair in 0..SIDE {
                    let at = tile + pair * SIDE;
                    // SAFETY: both right panels are as long as the left one, and `at + 16` is within its tile.
                    let (b0, b1) = unsafe {
                        (
                            _mm512_loadu_ps(right[0].as_ptr().add(at).cast()),
                            _mm512_loadu_ps(right[1].as_ptr().add(at).cast()),
                        )
                    };
                    for (i, sums) in sums.iter_mut().enumerate() {
                        let a = _mm512_set1_epi32(panel[tile + (row_in_tile + i) * SIDE + pair] as i32);
                        // SAFETY: the same 512 bits under another name.
                        unsafe {
                            let a: __m512bh = std::mem::transmute(a);
                            sums[0] = _mm512_dpbf16_ps(sums[0], a, std::mem::transmute::<__m512, __m512bh>(b0));
                            sums[1] = _mm512_dpbf16_ps(sums[1], a, std::mem::transmute::<__m512, __m512bh>(b1));
                        }
                    }
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                // SAFETY: as for loading.
                unsafe {
                    let row = out.add((first + i) * stride);
                    _mm512_storeu_ps(row, sums[0]);
                    _mm512_storeu_ps(row.add(SIDE), sums[1]);
                }
            }
        }
    }
}
