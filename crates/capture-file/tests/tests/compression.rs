//! Compressed captures: recognised by content, whole in every form, and their damage told from the capture's.

use super::build::*;
use capture_file::{Compression, Compressor, OpenError, ReadErrorKind, Reader};
use proptest::prelude::*;
use std::io::Write;

pub(crate) const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let mut out = Compressor::new(Vec::new(), Some(compression)).unwrap();
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn large_pcap() -> Vec<u8> {
    let mut file = Pcap::new(Little, MICRO, 0, 147);
    let mut state = 1_u32;
    for number in 0..400 {
        let data: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 28) as u8
        })
        .take(1000)
        .collect();
        file = file.record(number, 0, 1000, &data);
    }
    file.bytes()
}

#[test]
fn recognised_by_content() {
    for file in [rich_pcapng(), large_pcap()] {
        let expected = items(&file);
        for compression in ALL {
            let compressed = compress(&file, compression);
            let reader = Reader::new(compressed.as_slice()).unwrap();
            assert_eq!(reader.container().compression, Some(compression));
            assert_eq!(items(&compressed), expected);
        }
    }
}

#[test]
fn several_members_or_frames_are_one_stream() {
    let file = large_pcap();
    let (head, tail) = file.split_at(file.len() / 2);
    for compression in ALL {
        let mut joined = compress(head, compression);
        joined.extend(compress(b"", compression));
        joined.extend(compress(tail, compression));
        assert_eq!(items(&joined), items(&file), "{compression}");
    }
}

/// Of both formats of frames they may stand anywhere, and the programs of both pass over them.
#[test]
fn skippable_frames_are_passed_over() {
    let file = large_pcap();
    let (head, tail) = file.split_at(file.len() / 2);
    let skippable = |magic: u8, length: usize| {
        let header = Bytes::new(Little).raw(&[magic, 0x2a, 0x4d, 0x18]).u32(length as u32).bytes;
        [header, vec![0x04; length]].concat()
    };
    for compression in [Compression::Zstd, Compression::Lz4] {
        let frames = [compress(head, compression), compress(tail, compression)];
        for (magic, length) in [(0x50, 7), (0x5f, 0), (0x55, 1 << 20)] {
            let skip = skippable(magic, length);
            let [head, tail] = &frames;
            for parts in [
                [&skip, head, tail].as_slice(),
                &[&skip, &skip, head, tail],
                &[head, &skip, tail],
                &[head, &skip, &skip, tail],
                &[head, tail, &skip],
            ] {
                let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
                let joined = parts.concat();
                let reader = Reader::new(joined.as_slice()).unwrap();
                assert_eq!(reader.container().compression, Some(compression));
                assert_eq!(items(&joined), items(&file), "{compression} {magic:#x} {length}");
            }
            let cut = [head.as_slice(), tail, &skip[..skip.len() - 1]].concat();
            let (found, error) = read_all(cut.as_slice()).unwrap();
            assert_eq!(found, items(&file));
            assert!(matches!(error.unwrap().kind, ReadErrorKind::Compressed { .. }));
        }
    }
    for (magic, length) in [(0x50, 7), (0x5f, 0)] {
        let skip = skippable(magic, length);
        assert!(matches!(read_all(skip.as_slice()), Err(OpenError::Empty)));
        for cut in 4..skip.len() {
            let error = read_all(&skip[..cut]).unwrap_err();
            assert!(matches!(error, OpenError::Compressed { .. }), "{cut}: {error}");
        }
        for other in [b"\x1f\x8b\x08\0".as_slice(), b"x", &file] {
            let error = read_all([&skip, other].concat().as_slice()).unwrap_err();
            assert!(matches!(error, OpenError::Compressed { .. }), "{error}");
        }
    }
}

#[test]
fn every_cut_of_the_compressed_stream_is_noticed() {
    let file = rich_pcapng();
    let whole = items(&file);
    for compression in ALL {
        let compressed = compress(&file, compression);
        for cut in 0..compressed.len() {
            match read_all(&compressed[..cut]) {
                Ok((items, Some(error))) => {
                    assert_eq!(items, whole[..items.len()]);
                    assert!(
                        matches!(error.kind, ReadErrorKind::Compressed { .. }),
                        "{compression} at {cut}: {error}"
                    );
                }
                Ok((_, None)) => panic!("{compression} cut at {cut} of {}: not noticed", compressed.len()),
                Err(OpenError::Compressed { .. } | OpenError::Empty | OpenError::NotACapture { .. }) => {}
                Err(OpenError::TooShort { .. }) if cut < 4 => {}
                Err(error) => panic!("{compression} cut at {cut}: {error}"),
            }
        }
    }
}

/// What is missing is told from what is wrong.
#[test]
fn a_cut_is_not_called_corrupt() {
    let compressed = compress(&rich_pcapng(), Compression::Gzip);
    let told = |bytes: &[u8]| match read_all(bytes) {
        Ok((_, error)) => error.map(|error| error.to_string()).unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    // Behind the header of ten bytes, before the trailer of eight, and within that.
    let trailer = compressed.len() - 8;
    for cut in 10..compressed.len() {
        let told = told(&compressed[..cut]);
        let what = if cut < trailer { "incomplete deflate stream" } else { "it ends within its checksum" };
        assert!(told.contains(what), "{cut}: {told}");
    }
    let mut other = compressed.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(told(&other).contains("matching checksum"));
    let mut other = compressed;
    other[10] |= 0b110;
    assert!(told(&other).contains("corrupt deflate stream"));
}

/// As tapes and disks leave them, and as `gzip -dc` takes them.
#[test]
fn zeros_behind_gzip_are_nothing() {
    let file = rich_pcapng();
    let compressed = compress(&file, Compression::Gzip);
    for zeros in [1, 8, 512, 100_000] {
        let padded = [compressed.as_slice(), &vec![0; zeros]].concat();
        let (found, error) = read_all(padded.as_slice()).unwrap();
        assert_eq!((found, error.map(|error| error.to_string())), (items(&file), None), "{zeros}");
        let (found, error) =
            read_all([padded.as_slice(), b"garbage, no header"].concat().as_slice()).unwrap();
        assert_eq!(found, items(&file));
        assert!(error.unwrap().to_string().contains("invalid gzip header"), "{zeros}");
    }
}

#[test]
fn every_cut_between_blocks_of_a_large_stream_is_noticed() {
    let file = large_pcap();
    for compression in ALL {
        let compressed = compress(&file, compression);
        for cut in (100..compressed.len()).step_by(1009).chain(compressed.len() - 12..compressed.len()) {
            let error = match read_all(&compressed[..cut]) {
                Ok((_, error)) => error.map(|error| error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            let error = error.unwrap_or_else(|| panic!("{compression} cut at {cut} of {}", compressed.len()));
            assert!(error.starts_with(&format!("broken {compression} stream")), "{error}");
        }
    }
}

#[test]
fn every_bit_flip_is_survived() {
    let file = rich_pcapng();
    for compression in ALL {
        let compressed = compress(&file, compression);
        for at in 0..compressed.len() {
            for bit in 0..8 {
                let mut damaged = compressed.clone();
                damaged[at] ^= 1 << bit;
                let _ = read_all(damaged.as_slice());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_in_the_compressed_stream_are_survived(
        which in 0..3_usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        tail in proptest::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut compressed = compress(&rich_pcapng(), ALL[which]);
        for (at, byte) in edits {
            let at = at.index(compressed.len());
            compressed[at] = byte;
        }
        compressed.extend(tail);
        let _ = read_all(compressed.as_slice());
    }
}

#[test]
fn compressed_twice_is_refused_with_advice() {
    let inner = compress(&rich_pcapng(), Compression::Zstd);
    let outer = compress(&inner, Compression::Gzip);
    let error = read_all(outer.as_slice()).unwrap_err();
    assert_eq!(error.to_string(), "zstd inside gzip: decompress it once before");
}

#[test]
fn a_window_too_large_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(26).unwrap();
    encoder.write_all(&rich_pcapng()).unwrap();
    let compressed = encoder.finish().unwrap();
    let error = read_all(compressed.as_slice()).unwrap_err();
    assert!(error.to_string().contains("its window is larger than 32 MiB"), "{error}");
}

#[test]
fn an_empty_stream_is_an_empty_file() {
    for compression in ALL {
        let error = read_all(compress(b"", compression).as_slice()).unwrap_err();
        assert!(matches!(error, OpenError::Empty), "{error}");
    }
}
