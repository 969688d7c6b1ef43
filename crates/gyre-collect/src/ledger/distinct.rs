//! An estimate of how many different values there were: exact while they are few, then `HyperLogLog`.
//!
//! 256 registers: a standard error of 6.5 %, which is enough to tell an id from a category.
//! Source: Flajolet et al. 2007, "`HyperLogLog`", with linear counting below 2.5 registers' worth.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values that are counted exactly.
const EXACT_MAX: usize = 32;
const REGISTERS: usize = 256;
const REGISTER_BITS: u32 = REGISTERS.trailing_zeros();

/// Different values seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Distinct {
    /// Their hashes.
    Exact(Vec<u64>),
    /// Longest run of zeros by the first bits of the hash.
    Estimated(Box<[u8; REGISTERS]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl Distinct {
    /// Notes a value by its hash, every bit of which must depend on every bit of the value.
    pub(super) fn add(&mut self, hash: u64) {
        match self {
            Self::Estimated(registers) => raise(registers, hash),
            Self::Exact(hashes) => {
                if hashes.contains(&hash) {
                    return;
                }
                if hashes.len() < EXACT_MAX {
                    hashes.push(hash);
                    return;
                }
                let mut registers = Box::new([0; REGISTERS]);
                for it in hashes.iter().chain([&hash]) {
                    raise(&mut registers, *it);
                }
                *self = Self::Estimated(registers);
            }
        }
    }

    /// Notes everything that another has seen.
    pub(super) fn merge(&mut self, other: &Self) {
        match other {
            Self::Exact(hashes) => hashes.iter().for_each(|it| self.add(*it)),
            Self::Estimated(theirs) => {
                let mut registers = theirs.clone();
                match self {
                    Self::Exact(hashes) => hashes.iter().for_each(|it| raise(&mut registers, *it)),
                    Self::Estimated(own) => {
                        for (it, own) in registers.iter_mut().zip(own.iter()) {
                            *it = (*it).max(*own);
                        }
                    }
                }
                *self = Self::Estimated(registers);
            }
        }
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        let registers = match self {
            Self::Exact(hashes) => return hashes.len() as u64,
            Self::Estimated(registers) => registers,
        };
        let size = REGISTERS as f64;
        let sum: f64 = registers.iter().map(|it| 2_f64.powi(-i32::from(*it))).sum();
        let estimate = 0.7213 / (1.0 + 1.079 / size) * size * size / sum;
        let zeros: usize = registers.iter().map(|it| usize::from(*it == 0)).sum();
        if estimate <= 2.5 * size && zeros > 0 {
            (size * (size / zeros as f64).ln()).round() as u64
        } else {
            estimate.round() as u64
        }
    }
}

fn raise(registers: &mut [u8; REGISTERS], hash: u64) {
    let place = (hash >> (64 - REGISTER_BITS)) as usize;
    let run = (hash << REGISTER_BITS)
        .leading_zeros()
        .min(64 - REGISTER_BITS)
        + 1;
    let register = &mut registers[place];
    *register = (*register).max(run as u8);
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Exact(Vec<u64>),
    Estimated(String),
}

impl Serialize for Distinct {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match self {
            Self::Exact(hashes) => Form::Exact(hashes.clone()),
            Self::Estimated(it) => Form::Estimated(STANDARD_NO_PAD.encode(it.as_slice())),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Exact(hashes) => Self::Exact(hashes),
            Form::Estimated(text) => {
                let bytes = STANDARD_NO_PAD.decode(text).ok();
                let registers: Option<[u8; REGISTERS]> = bytes.and_then(|it| it.try_into().ok());
                let wrong = || serde::de::Error::custom("not the registers of an estimate");
                Self::Estimated(Box::new(registers.ok_or_else(wrong)?))
            }
        })
    }
}
