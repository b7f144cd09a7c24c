//! Hand-made ELF files, for tests.

fn put(file: &mut [u8], offset: usize, bytes: &[u8]) {
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// A file with the given loadable segments: physical address, bytes, size in memory.
pub fn with_segments(segments: &[(u64, &[u8], u64)]) -> Vec<u8> {
    let mut file = vec![0; 64 + 56 * segments.len()];
    put(&mut file, 0, b"\x7fELF\x02\x01\x01");
    put(&mut file, 32, &64_u64.to_le_bytes());
    put(&mut file, 54, &56_u16.to_le_bytes());
    put(&mut file, 56, &u16::try_from(segments.len()).unwrap().to_le_bytes());
    for (index, (physical, bytes, memory_size)) in segments.iter().enumerate() {
        let header = 64 + 56 * index;
        let offset = file.len() as u64;
        put(&mut file, header, &1_u32.to_le_bytes());
        put(&mut file, header + 8, &offset.to_le_bytes());
        put(&mut file, header + 24, &physical.to_le_bytes());
        put(&mut file, header + 32, &(bytes.len() as u64).to_le_bytes());
        put(&mut file, header + 40, &memory_size.to_le_bytes());
        file.extend_from_slice(bytes);
    }
    file
}

/// A file of one code section and the functions in it: name, address, size.
pub fn with_functions(address: u64, code: &[u32], functions: &[(&str, u64, u64)]) -> Vec<u8> {
    let mut file = vec![0; 64];
    put(&mut file, 0, b"\x7fELF\x02\x01\x01");
    let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut names = vec![0];
    let mut symbols = Vec::new();
    for (name, start, size) in functions {
        let mut symbol = [0; 24];
        put(&mut symbol, 0, &u32::try_from(names.len()).unwrap().to_le_bytes());
        symbol[4] = 2;
        put(&mut symbol, 8, &start.to_le_bytes());
        put(&mut symbol, 16, &size.to_le_bytes());
        symbols.extend_from_slice(&symbol);
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    let mut headers = Vec::new();
    let parts = [(1_u32, 6_u64, address, &code), (2, 0, 0, &symbols), (3, 0, 0, &names)];
    for (kind, flags, address, bytes) in parts {
        let mut header = [0; 64];
        // Every section is called as the first function is.
        put(&mut header, 0, &1_u32.to_le_bytes());
        put(&mut header, 4, &kind.to_le_bytes());
        put(&mut header, 8, &flags.to_le_bytes());
        put(&mut header, 16, &address.to_le_bytes());
        put(&mut header, 24, &(file.len() as u64).to_le_bytes());
        put(&mut header, 32, &(bytes.len() as u64).to_le_bytes());
        put(&mut header, 40, &2_u32.to_le_bytes());
        headers.extend_from_slice(&header);
        file.extend_from_slice(bytes);
    }
    let table = file.len() as u64;
    put(&mut file, 40, &table.to_le_bytes());
    put(&mut file, 58, &64_u16.to_le_bytes());
    put(&mut file, 60, &3_u16.to_le_bytes());
    put(&mut file, 62, &2_u16.to_le_bytes());
    file.extend_from_slice(&headers);
    file
}
