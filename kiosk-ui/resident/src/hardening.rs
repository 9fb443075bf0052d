//! What keeps a person's data from leaving the process by the back door.

use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// No core dump, and no other program of the same user may look into the memory.
///
/// # Errors
/// When the kernel refuses either.
pub fn apply() -> Result<(), rustix::io::Errno> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_leaves_no_core() {
        apply().expect("the kernel allows it");
        let dumpable = rustix::process::dumpable_behavior().expect("readable");
        assert_eq!(dumpable, DumpableBehavior::NotDumpable);
        assert_eq!(rustix::process::getrlimit(Resource::Core).current, Some(0));
    }
}
