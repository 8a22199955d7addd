//! What is known of the volume or device behind an open file, by class of information
//! (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntqueryvolumeinformationfile>).

use abi::{HANDLE, NTSTATUS, NtResult, Width};
use syscall_xlate::Cx;
use syscall_xlate::file::{File, Medium};

use super::{Told, text_bytes};

abi::guest_struct! {
    /// Clusters that there are.
    struct FILE_FS_SIZE_INFORMATION {
        TotalAllocationUnits: i64,
        AvailableAllocationUnits: i64,
        SectorsPerAllocationUnit: u32,
        BytesPerSector: u32,
    }

    /// Clusters that there are, for the caller and for everybody.
    struct FILE_FS_FULL_SIZE_INFORMATION {
        TotalAllocationUnits: i64,
        CallerAvailableAllocationUnits: i64,
        ActualAvailableAllocationUnits: i64,
        SectorsPerAllocationUnit: u32,
        BytesPerSector: u32,
    }

    /// What kind of device it is.
    struct FILE_FS_DEVICE_INFORMATION {
        DeviceType: u32,
        Characteristics: u32,
    }

    /// Sizes of sectors, in bytes.
    struct FILE_FS_SECTOR_SIZE_INFORMATION {
        LogicalBytesPerSector: u32,
        PhysicalBytesPerSectorForAtomicity: u32,
        PhysicalBytesPerSectorForPerformance: u32,
        FileSystemEffectivePhysicalBytesPerSectorForAtomicity: u32,
        Flags: u32,
        ByteOffsetForSectorAlignment: u32,
        ByteOffsetForPartitionAlignment: u32,
    }
}

/// `FileFsVolumeInformation` and so on (`FS_INFORMATION_CLASS`).
const VOLUME: u32 = 1;
const SIZE: u32 = 3;
const DEVICE: u32 = 4;
const ATTRIBUTE: u32 = 5;
const FULL_SIZE: u32 = 7;
const SECTOR_SIZE: u32 = 11;

/// Tells what a class is about.
///
/// # Errors
/// `STATUS_INVALID_INFO_CLASS`, `STATUS_INFO_LENGTH_MISMATCH`, those of the handle; `STATUS_INVALID_DEVICE_REQUEST` for what is on no volume.
pub(crate) fn query(cx: &Cx, handle: HANDLE, class: u32, size: usize, width: Width) -> NtResult<Told> {
    let least = match class {
        VOLUME | SIZE => 24,
        DEVICE => 8,
        ATTRIBUTE => 16,
        FULL_SIZE => 32,
        SECTOR_SIZE => 28,
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    };
    if size < least {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let file = cx.process.handles.get::<File>(handle, 0)?;
    match class {
        VOLUME => {
            let known = file.volume()?;
            // When it was made nobody knows; a zero byte says that it has no objects with identifiers.
            let head = [&[0; 8][..], &known.serial.to_le_bytes(), &((2 * known.label.len()) as u32).to_le_bytes()];
            let bytes = head.concat().into_iter().chain([0, 0]).chain(text_bytes(&known.label));
            Ok(Told { bytes: bytes.collect(), least: 18 })
        }
        SIZE => {
            let space = file.space()?;
            let units = |bytes: u64| (bytes / space.cluster()) as i64;
            let told = FILE_FS_SIZE_INFORMATION {
                TotalAllocationUnits: units(space.total),
                AvailableAllocationUnits: units(space.available),
                SectorsPerAllocationUnit: space.sectors_per_cluster,
                BytesPerSector: space.sector,
            };
            Ok(Told::fixed(&told, width))
        }
        DEVICE => Ok(Told::fixed(&device(&file), width)),
        ATTRIBUTE => {
            let known = file.volume()?;
            let name: Vec<u16> = known.file_system.encode_utf16().collect();
            let head = [known.flags, known.longest_name, (2 * name.len()) as u32];
            let bytes = head.into_iter().flat_map(u32::to_le_bytes).chain(text_bytes(&name));
            Ok(Told { bytes: bytes.collect(), least: 12 })
        }
        FULL_SIZE => {
            let space = file.space()?;
            let units = |bytes: u64| (bytes / space.cluster()) as i64;
            let told = FILE_FS_FULL_SIZE_INFORMATION {
                TotalAllocationUnits: units(space.total),
                CallerAvailableAllocationUnits: units(space.available),
                ActualAvailableAllocationUnits: units(space.free),
                SectorsPerAllocationUnit: space.sectors_per_cluster,
                BytesPerSector: space.sector,
            };
            Ok(Told::fixed(&told, width))
        }
        _ => {
            let space = file.space()?;
            let told = FILE_FS_SECTOR_SIZE_INFORMATION {
                LogicalBytesPerSector: space.sector,
                PhysicalBytesPerSectorForAtomicity: space.sector,
                PhysicalBytesPerSectorForPerformance: space.cluster() as u32,
                FileSystemEffectivePhysicalBytesPerSectorForAtomicity: space.sector,
                ..FILE_FS_SECTOR_SIZE_INFORMATION::default()
            };
            Ok(Told::fixed(&told, width))
        }
    }
}

/// `FILE_DEVICE_DISK` and the like.
fn device(file: &File) -> FILE_FS_DEVICE_INFORMATION {
    /// `FILE_DEVICE_IS_MOUNTED`
    const MOUNTED: u32 = 0x20;
    let (DeviceType, Characteristics) = match file.medium() {
        Medium::Disk | Medium::Directory | Medium::Volume => (0x07, MOUNTED),
        Medium::Pipe => (0x11, 0),
        Medium::Character => (0x15, 0),
        Medium::Console(..) => (0x50, 0),
    };
    FILE_FS_DEVICE_INFORMATION { DeviceType, Characteristics }
}
