//! PE images to mapped modules.
