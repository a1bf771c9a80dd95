//! One kernel, several instruction sets: chosen at run time, with the same bits from each.
//!
//! A kernel is written once as an `#[inline(always)]` body. The macro `dispatched!` compiles it for AVX-512, AVX2 and the
//! baseline of the target, and picks one when called. Bodies use only `+ - * /`, square roots, comparisons and integer
//! operations, which IEEE 754 defines to the bit, and never a fused product; so the choice cannot show in a result.

/// The widest instruction set that a kernel may use. It changes speed, never results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InstructionSet {
    /// The best that this processor has, up to AVX-512.
    #[default]
    Best,
    /// At most AVX2.
    Avx2,
    /// What every processor of the target has (SSE2 on x86-64).
    Baseline,
}

/// Defines a function that runs its body, or an `#[inline(always)]` function, under an [`InstructionSet`], given as its first
/// argument.
macro_rules! dispatched {
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name(set: $crate::math::InstructionSet, $($argument: $type),*) {
            #[inline(always)]
            fn body($($argument: $type),*) $body
            $crate::math::dispatch::dispatched!(fn chosen($($argument: $type),*) = body);
            chosen(set, $($argument),*);
        }
    };
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $body:path) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $visibility fn $name(set: $crate::math::InstructionSet, $($argument: $type),*) {
            #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
            fn best($($argument: $type),*) {
                $body($($argument),*);
            }
            #[multiversion::multiversion(targets("x86_64+avx2"))]
            fn avx2($($argument: $type),*) {
                $body($($argument),*);
            }
            // Inlined, it would lose what the compiler knows of its arguments: that they do not overlap.
            #[inline(never)]
            fn baseline($($argument: $type),*) {
                $body($($argument),*);
            }
            match set {
                $crate::math::InstructionSet::Best => best($($argument),*),
                $crate::math::InstructionSet::Avx2 => avx2($($argument),*),
                $crate::math::InstructionSet::Baseline => baseline($($argument),*),
            }
        }
    };
}

pub(crate) use dispatched;
