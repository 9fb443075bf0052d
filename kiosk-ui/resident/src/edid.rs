//! How large the panel is, as it says itself (VESA E-EDID, release A2).
//!
//! The kernel keeps every connected output's EDID in `/sys/class/drm/*/edid`. A size that does not
//! fit the window's shape (a cloned output, a wall of panels, a projector) is not believed.

use std::path::Path;

use madoguchi_widgets::Pixels;

/// Where the kernel keeps them.
pub(crate) const OUTPUTS: &str = "/sys/class/drm";

/// Length of the base block, in bytes; its bytes sum up to 0.
const BLOCK: usize = 128;
const HEADER: [u8; 8] = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
/// The preferred timing: 18 bytes, whose first two are the pixel clock and not 0.
const PREFERRED_TIMING: usize = 54;
/// Whole centimetres, width and height; 0 when unknown, as of a projector.
const CENTIMETRES: usize = 21;
/// Smallest and largest side that a kiosk's panel has, in millimetres.
const PLAUSIBLE: std::ops::RangeInclusive<u32> = 50..=2_500;
/// How far pixels may be from square before something else is the matter, in percent.
const SQUARE_WITHIN: u64 = 10;

/// The size in millimetres of the one connected panel, as it hangs in its factory.
pub(crate) fn connected_panel(outputs: &Path) -> Option<Pixels> {
    let mut sizes = std::fs::read_dir(outputs)
        .ok()?
        .filter_map(|output| std::fs::read(output.ok()?.path().join("edid")).ok())
        .filter_map(|edid| millimetres(&edid));
    // Of several, nobody can say which one the window is on.
    sizes.next().filter(|_| sizes.next().is_none())
}

/// The same, turned as the window is; none when the window is not all of the panel.
pub(crate) fn turned(panel: Pixels, window: Pixels) -> Option<Pixels> {
    let size = match (panel.width > panel.height) == (window.width > window.height) {
        true => panel,
        false => Pixels { width: panel.height, height: panel.width },
    };
    let across = u64::from(size.width) * u64::from(window.height);
    let down = u64::from(size.height) * u64::from(window.width);
    (across.abs_diff(down) * 100 <= across.max(down) * SQUARE_WITHIN).then_some(size)
}

fn millimetres(edid: &[u8]) -> Option<Pixels> {
    let block = edid.get(..BLOCK)?;
    let sum = block.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    if !block.starts_with(&HEADER) || sum != 0 {
        return None;
    }
    let timing = &block[PREFERRED_TIMING..PREFERRED_TIMING + 18];
    let exact = (timing[..2] != [0, 0]).then(|| Pixels {
        width: u32::from(timing[12]) | u32::from(timing[14] >> 4) << 8,
        height: u32::from(timing[13]) | u32::from(timing[14] & 0x0f) << 8,
    });
    let coarse = Pixels {
        width: u32::from(block[CENTIMETRES]) * 10,
        height: u32::from(block[CENTIMETRES + 1]) * 10,
    };
    let plausible = |size: &Pixels| [size.width, size.height].iter().all(|s| PLAUSIBLE.contains(s));
    exact.filter(plausible).or(Some(coarse).filter(plausible))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTRAIT: Pixels = Pixels { width: 1080, height: 1920 };

    fn edid(exact: Option<(u16, u16)>, centimetres: (u8, u8)) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..8].copy_from_slice(&HEADER);
        (block[CENTIMETRES], block[CENTIMETRES + 1]) = centimetres;
        if let Some((width, height)) = exact {
            let [wide, high] = [width, height].map(u16::to_le_bytes);
            block[PREFERRED_TIMING] = 1;
            block[PREFERRED_TIMING + 12] = wide[0];
            block[PREFERRED_TIMING + 13] = high[0];
            block[PREFERRED_TIMING + 14] = wide[1] << 4 | high[1];
        }
        let sum = block.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        block[BLOCK - 1] = sum.wrapping_neg();
        block
    }

    fn said(edids: &[Vec<u8>], window: Pixels) -> Option<(u32, u32)> {
        let outputs = tempfile::tempdir().expect("a folder");
        for (number, edid) in edids.iter().enumerate() {
            let output = outputs.path().join(format!("card0-DP-{number}"));
            std::fs::create_dir(&output).expect("created");
            std::fs::write(output.join("edid"), edid).expect("written");
        }
        let panel = connected_panel(outputs.path())?;
        turned(panel, window).map(|size| (size.width, size.height))
    }

    #[test]
    fn the_millimetres_come_before_the_centimetres_and_turn_with_the_panel() {
        assert_eq!(said(&[edid(Some((476, 268)), (48, 27))], PORTRAIT), Some((268, 476)));
        assert_eq!(said(&[edid(None, (48, 27))], PORTRAIT), Some((270, 480)));
        let landscape = Pixels { width: 1920, height: 1080 };
        assert_eq!(said(&[edid(Some((476, 268)), (0, 0))], landscape), Some((476, 268)));
    }

    #[test]
    fn what_cannot_be_the_windows_panel_is_not_believed() {
        let good = edid(Some((476, 268)), (48, 27));
        assert_eq!(said(&[], PORTRAIT), None);
        // An output without a panel has an empty file.
        assert_eq!(said(&[vec![], good.clone()], PORTRAIT), Some((268, 476)));
        assert_eq!(said(&[good.clone(), good.clone()], PORTRAIT), None);
        assert_eq!(said(&[edid(Some((16, 9)), (0, 0))], PORTRAIT), None, "a projector's ratio");
        assert_eq!(said(&[edid(Some((400, 300)), (40, 30))], PORTRAIT), None, "another shape");
        let mut torn = good.clone();
        torn[70] ^= 1;
        assert_eq!(said(&[torn], PORTRAIT), None);
        assert_eq!(said(&[good[..100].to_vec()], PORTRAIT), None);
    }
}
