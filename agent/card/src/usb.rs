//! Which USB device a reader is: pcscd's drivers tell bus and address, the kernel vendor and product.

use std::ffi::CStr;
use std::fs;
use std::path::Path;

use madoguchi_protocol::UsbId;
use pcsc::{Attribute, Context, Disposition, Protocols, ShareMode};
use tracing::debug;

/// Where the kernel shows USB devices.
const DEVICES: &str = "/sys/bus/usb/devices";

/// `SCARD_ATTR_CHANNEL_ID` is `DDDDCCCC`: the kind of channel, and which. libccid writes bus and
/// address of a USB device into the latter.
const USB: u32 = 0x0020;

/// Vendor and product of a reader; `None` when it is no USB device, or its driver does not say.
pub fn id_of(context: &Context, reader: &CStr) -> Option<UsbId> {
    // Without a card, and beside whoever uses it.
    let card = context.connect(reader, ShareMode::Direct, Protocols::UNDEFINED);
    let card = card.inspect_err(|error| debug!(%error, "the reader cannot be asked")).ok()?;
    let mut channel = [0; 8];
    let channel = card.get_attribute(Attribute::ChannelId, &mut channel).map(<[u8]>::to_vec);
    if let Err((_, error)) = card.disconnect(Disposition::LeaveCard) {
        debug!(%error, "the reader was gone");
    }
    let (bus, address) = place(&channel.ok()?)?;
    device(Path::new(DEVICES), bus, address)
}

/// Bus and address, from what a driver tells: 4 bytes as this machine writes numbers.
fn place(channel: &[u8]) -> Option<(u8, u8)> {
    let channel = u32::from_ne_bytes(channel.try_into().ok()?);
    let [_, _, bus, address] = channel.to_be_bytes();
    (channel >> 16 == USB).then_some((bus, address))
}

/// The device that the kernel has there.
fn device(devices: &Path, bus: u8, address: u8) -> Option<UsbId> {
    fs::read_dir(devices).ok()?.filter_map(Result::ok).find_map(|entry| {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).ok();
        let number = |name: &str| read(name)?.trim().parse::<u8>().ok();
        if number("busnum") != Some(bus) || number("devnum") != Some(address) {
            return None;
        }
        format!("{}:{}", read("idVendor")?.trim(), read("idProduct")?.trim()).parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_tells_bus_and_address_of_usb_devices_only() {
        let told = |channel: u32| place(&channel.to_ne_bytes());
        assert_eq!(told(0x0020_0307), Some((3, 7)));
        assert_eq!(told(0x0001_0001), None, "a serial port");
        assert_eq!(place(&[0x20]), None);
    }

    #[test]
    fn the_kernel_says_who_made_the_device_there() {
        let folder = std::env::temp_dir().join(format!("madoguchi-usb-{}", std::process::id()));
        let device_at = |name: &str, files: &[(&str, &str)]| {
            fs::create_dir_all(folder.join(name)).expect("a folder");
            for (file, text) in files {
                fs::write(folder.join(name).join(file), text).expect("a file");
            }
        };
        let reader =
            [("busnum", "3\n"), ("devnum", "7\n"), ("idVendor", "054c\n"), ("idProduct", "0dc9\n")];
        device_at("3-2", &reader);
        device_at(
            "3-1",
            &[
                ("busnum", "3\n"),
                ("devnum", "4\n"),
                ("idVendor", "04e6\n"),
                ("idProduct", "5116\n"),
            ],
        );
        device_at("3-1:1.0", &[]);
        let found = device(&folder, 3, 7);
        let none = device(&folder, 3, 8);
        fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(found.map(String::from).as_deref(), Some("054c:0dc9"));
        assert_eq!(none, None);
    }
}
