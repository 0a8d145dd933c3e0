//! Comma-separated tables, read by column name and written in a fixed order.

use std::path::Path;

use crate::Result;

/// The named columns of every row of a file, in the order in which they are asked for.
pub fn read<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<[String; N]>> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let mut indices = [0; N];
    for (index, column) in indices.iter_mut().zip(columns) {
        *index = headers
            .iter()
            .position(|header| header == column)
            .ok_or_else(|| format!("{}: no column {column}", path.display()))?;
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        rows.push(indices.map(|index| record[index].to_owned()));
    }
    Ok(rows)
}

/// The bytes of a file with this header and these rows.
pub fn write<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner()?)
}
