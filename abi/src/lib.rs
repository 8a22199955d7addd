//! The guest's types.
