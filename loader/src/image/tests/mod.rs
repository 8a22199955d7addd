//! Every refusal, and every table read back.

mod files;
mod refusals;
mod tables;

use super::{Image, ImageErrorKind};
use crate::testing::PeBuilder;

fn kind(bytes: impl Into<Vec<u8>>) -> ImageErrorKind {
    Image::parse(bytes.into()).expect_err("the image is damaged").kind
}

fn message(bytes: impl Into<Vec<u8>>) -> String {
    Image::parse(bytes.into()).expect_err("the image is damaged").to_string()
}

fn image(builder: &PeBuilder) -> Image {
    Image::parse(builder.bytes()).expect("the image is sound")
}
