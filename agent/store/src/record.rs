//! What stands around every stored value: format version and checksum.

/// Format of a record: version (1), CRC-32 of the value (big-endian), value.
const VERSION: u8 = 1;
const HEAD: usize = 5;

pub(crate) fn pack(value: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEAD + value.len());
    record.push(VERSION);
    record.extend_from_slice(&crc32fast::hash(value).to_be_bytes());
    record.extend_from_slice(value);
    record
}

/// The value; none when it was damaged or is of another version.
pub(crate) fn unpack(record: &[u8]) -> Option<&[u8]> {
    let (head, value) = record.split_at_checked(HEAD)?;
    let (version, checksum) = head.split_first()?;
    (*version == VERSION && *checksum == crc32fast::hash(value).to_be_bytes()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_record_is_not_a_value() {
        let record = pack(b"value");
        assert_eq!(unpack(&record), Some(b"value".as_slice()));
        for at in 0..record.len() {
            let mut damaged = record.clone();
            damaged[at] ^= 0x10;
            assert_eq!(unpack(&damaged), None, "byte {at}");
        }
        assert_eq!(unpack(&record[..4]), None);
    }
}
