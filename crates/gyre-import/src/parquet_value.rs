//! Values of Arrow's arrays as JSON: times as RFC 3339 in UTC, lists and structs as they nest.

use arrow::array::{Array, AsArray, BinaryArray, FixedSizeBinaryArray, LargeBinaryArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gyre_base::{DAY_MS, Timestamp};
use serde_json::{Map, Number, Value};

/// Deepest nesting of lists and structs that is followed; deeper ones become texts.
const DEPTH_MAX: usize = 64;

/// The value of one row; null where there is none or where JSON has no word for it.
pub(crate) fn value_at(array: &dyn Array, row: usize) -> Value {
    nested(array, row, 0)
}

fn nested(array: &dyn Array, row: usize, depth: usize) -> Value {
    if array.is_null(row) || depth > DEPTH_MAX {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).into(),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => binary(array, row),
        DataType::List(_) => list(&array.as_list::<i32>().value(row), depth),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row), depth),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row), depth),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter();
            let values = fields.iter().zip(columns);
            let values =
                values.map(|(field, it)| (field.name().clone(), nested(it, row, depth + 1)));
            Value::Object(values.filter(|it| !it.1.is_null()).collect())
        }
        DataType::Map(..) => map(array, row, depth),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = scalar(dictionary.keys(), row).as_u64();
            let key = key.and_then(|it| usize::try_from(it).ok());
            let values = dictionary.values();
            key.filter(|it| *it < values.len())
                .map_or(Value::Null, |it| nested(values, it, depth))
        }
        _ => scalar(array, row),
    }
}

fn list(items: &dyn Array, depth: usize) -> Value {
    (0..items.len())
        .map(|it| nested(items, it, depth + 1))
        .collect()
}

fn map(array: &dyn Array, row: usize, depth: usize) -> Value {
    let entries = array.as_map().value(row);
    let (keys, values) = (entries.column(0), entries.column(1));
    let pairs = (0..entries.len()).map(|it| {
        let key = match nested(keys, it, depth + 1) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (key, nested(values, it, depth + 1))
    });
    Value::Object(pairs.collect::<Map<String, Value>>())
}

/// Bytes that are a text, as old writers store them; else as hexadecimal digits.
fn binary(array: &dyn Array, row: usize) -> Value {
    let any = array.as_any();
    let bytes = if let Some(it) = any.downcast_ref::<BinaryArray>() {
        it.value(row)
    } else if let Some(it) = any.downcast_ref::<LargeBinaryArray>() {
        it.value(row)
    } else if let Some(it) = any.downcast_ref::<FixedSizeBinaryArray>() {
        it.value(row)
    } else {
        array.as_binary_view().value(row)
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => hex::encode(bytes).into(),
    }
}

macro_rules! whole {
    ($array:expr, $row:expr, $kind:ty) => {
        Value::from($array.as_primitive::<$kind>().value($row))
    };
}

fn scalar(array: &dyn Array, row: usize) -> Value {
    match array.data_type() {
        DataType::Int8 => whole!(array, row, Int8Type),
        DataType::Int16 => whole!(array, row, Int16Type),
        DataType::Int32 => whole!(array, row, Int32Type),
        DataType::Int64 => whole!(array, row, Int64Type),
        DataType::UInt8 => whole!(array, row, UInt8Type),
        DataType::UInt16 => whole!(array, row, UInt16Type),
        DataType::UInt32 => whole!(array, row, UInt32Type),
        DataType::UInt64 => whole!(array, row, UInt64Type),
        DataType::Float16 => double(f64::from(array.as_primitive::<Float16Type>().value(row))),
        // by its shortest text, so that 12.3 does not become 12.300000190734863
        DataType::Float32 => {
            let text = array.as_primitive::<Float32Type>().value(row).to_string();
            text.parse().map_or(Value::Null, double)
        }
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal32(_, scale) => decimal(
            &array.as_primitive::<Decimal32Type>().value(row).to_string(),
            *scale,
        ),
        DataType::Decimal64(_, scale) => decimal(
            &array.as_primitive::<Decimal64Type>().value(row).to_string(),
            *scale,
        ),
        DataType::Decimal128(_, scale) => decimal(
            &array
                .as_primitive::<Decimal128Type>()
                .value(row)
                .to_string(),
            *scale,
        ),
        DataType::Decimal256(_, scale) => decimal(
            &array
                .as_primitive::<Decimal256Type>()
                .value(row)
                .to_string(),
            *scale,
        ),
        DataType::Timestamp(unit, _) => timestamp(array, row, *unit),
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(row));
            date(days * DAY_MS)
        }
        DataType::Date64 => date(array.as_primitive::<Date64Type>().value(row)),
        DataType::Time32(_) | DataType::Time64(_) => time_of_day(array, row),
        _ => text(array, row),
    }
}

fn double(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// A decimal as the nearest number: whole if it has no fraction to lose.
fn decimal(digits: &str, scale: i8) -> Value {
    if scale == 0
        && let Ok(whole) = digits.parse::<i64>()
    {
        return whole.into();
    }
    format!("{digits}e{}", -i16::from(scale))
        .parse()
        .map_or(Value::Null, double)
}

fn timestamp(array: &dyn Array, row: usize, unit: TimeUnit) -> Value {
    let ms = match unit {
        TimeUnit::Second => {
            let seconds = array.as_primitive::<TimestampSecondType>().value(row);
            seconds.checked_mul(1_000)
        }
        TimeUnit::Millisecond => Some(array.as_primitive::<TimestampMillisecondType>().value(row)),
        TimeUnit::Microsecond => {
            let us = array.as_primitive::<TimestampMicrosecondType>().value(row);
            Some(us.div_euclid(1_000))
        }
        TimeUnit::Nanosecond => {
            let ns = array.as_primitive::<TimestampNanosecondType>().value(row);
            Some(ns.div_euclid(1_000_000))
        }
    };
    let is_writable = |it: &i64| jiff::Timestamp::from_millisecond(*it).is_ok();
    ms.filter(is_writable)
        .map_or(Value::Null, |it| Timestamp(it).rfc3339().into())
}

fn date(ms: i64) -> Value {
    let Ok(instant) = jiff::Timestamp::from_millisecond(ms) else {
        return Value::Null;
    };
    jiff::tz::TimeZone::UTC
        .to_datetime(instant)
        .date()
        .to_string()
        .into()
}

/// A time of day as `09:30:00`, with its fraction if it has one.
fn time_of_day(array: &dyn Array, row: usize) -> Value {
    let ns = match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            i64::from(array.as_primitive::<Time32SecondType>().value(row)) * 1_000_000_000
        }
        DataType::Time32(_) => {
            i64::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000_000
        }
        DataType::Time64(TimeUnit::Microsecond) => array
            .as_primitive::<Time64MicrosecondType>()
            .value(row)
            .saturating_mul(1_000),
        _ => array.as_primitive::<Time64NanosecondType>().value(row),
    };
    let Ok(time) = jiff::civil::Time::midnight().checked_add(jiff::SignedDuration::from_nanos(ns))
    else {
        return Value::Null;
    };
    time.to_string().into()
}

/// Durations, intervals and what later versions bring, as Arrow writes them.
fn text(array: &dyn Array, row: usize) -> Value {
    let options = FormatOptions::default().with_display_error(true);
    match ArrayFormatter::try_new(array, &options) {
        Ok(formatter) => formatter.value(row).to_string().into(),
        Err(_) => Value::Null,
    }
}
