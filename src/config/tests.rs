use super::*;

#[test]
fn the_reference_file_is_the_defaults() {
    let path = Path::new("sekisho.toml");
    let read = Config::join(Some((path, REFERENCE)), Layer::default()).unwrap();
    assert_eq!(read, Config::default());
}
