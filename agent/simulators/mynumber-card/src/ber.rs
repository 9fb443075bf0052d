//! Tag-length-value objects as this card writes them.

/// Filler behind the content of a physical file.
pub const FILLER: u8 = 0xFF;

/// One BER-TLV object with the shortest length.
pub fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    [tag, &length(value.len()), value].concat()
}

/// One BER-TLV object whose length has three bytes whether it needs them or not, as real cards
/// write some of theirs: a reader that insists on DER fails here.
pub fn long_object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let [high, low] = two_bytes(value.len());
    [tag, &[0x82, high, low], value].concat()
}

/// One simple TLV object, as records have them: a one-byte tag and a length that is no BER.
pub fn simple_object(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = two_bytes(value.len());
    let length = if value.len() < 0xFF { vec![low] } else { vec![0xFF, high, low] };
    [&[tag], length.as_slice(), value].concat()
}

/// A record of objects behind an offset table: for each of them the distance of its tag from byte 0
/// of the file, in two bytes.
pub fn with_offsets(tag: &[u8], table_tag: &[u8], objects: &[Vec<u8>]) -> Vec<u8> {
    // The outer header counts, and its length depends on that of everything else.
    let table_length = table_tag.len() + 1 + 2 * objects.len();
    let inner_length = table_length + objects.iter().map(Vec::len).sum::<usize>();
    let mut offset = tag.len() + length(inner_length).len() + table_length;
    let mut table = Vec::new();
    for object in objects {
        table.extend_from_slice(&two_bytes(offset));
        offset += object.len();
    }
    object(tag, &[object(table_tag, &table), objects.concat()].concat())
}

/// The content in a physical file of at least this size.
pub fn filled(mut content: Vec<u8>, size: usize) -> Vec<u8> {
    content.resize(size.max(content.len()), FILLER);
    content
}

fn length(bytes: usize) -> Vec<u8> {
    let [high, low] = two_bytes(bytes);
    match bytes {
        0..=0x7F => vec![low],
        0x80..=0xFF => vec![0x81, low],
        _ => vec![0x82, high, low],
    }
}

/// What a person may have is small enough that nothing in a file reaches 64 KiB.
fn two_bytes(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes()
}
