//! The sensor's private key: made once, in a file that only its owner can read, and forgotten from memory.

use super::error::Error;
use super::files::{self, failed};
use super::note::{self, ED25519, Verifier};
use crate::spelling::folder_of;
use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use rustix::process::geteuid;
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Before the text of every private key, as other programs for signed notes write it.
const PREFIX: &str = "PRIVATE+KEY+";

/// Longest file of a key that is read, in bytes.
const LONGEST: usize = 1024;

/// A private Ed25519 key, and the name that it signs with. Overwritten in memory when it is dropped.
#[derive(Clone)]
pub struct Key {
    name: String,
    id: [u8; 4],
    signing: SigningKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.verifier())
    }
}

impl Key {
    /// Reads the key of that name, or makes one if there is no such file. The file holds one line,
    /// `PRIVATE+KEY+name+id+base64`, the form of Go's `note` package.
    ///
    /// `origin` is the ledger's name, `sekisho/` and the sensor's.
    ///
    /// # Errors
    /// [`Error::Origin`] for a name that cannot be signed with; [`Error::Key`] where the file holds no key,
    /// one of another name, or can be read by others; [`Error::File`] as the system says.
    pub fn load_or_create(path: &Path, origin: &str) -> Result<Self, Error> {
        if !note::is_name(origin) {
            let name = origin.to_owned();
            return Err(Error::Origin { name });
        }
        match path.symlink_metadata() {
            Ok(_) => Self::load(path, origin),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Self::create(path, origin)
            }
            Err(error) => Err(failed("read the key", path)(error)),
        }
    }

    /// From the 32 bytes that are the secret: for tests, and for keys kept elsewhere.
    ///
    /// # Errors
    /// [`Error::Origin`] for a name that cannot be signed with.
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        if !note::is_name(origin) {
            let name = origin.to_owned();
            return Err(Error::Origin { name });
        }
        Ok(Self::new(origin, seed))
    }

    fn new(origin: &str, seed: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(seed);
        let id = Verifier::new(origin, signing.verifying_key()).id();
        Self {
            name: origin.to_owned(),
            id,
            signing,
        }
    }

    /// The name that it signs with.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.name
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::new(&self.name, self.signing.verifying_key())
    }

    /// A signed note.
    pub(super) fn sign(&self, text: &str) -> String {
        let signature = self.signing.sign(text.as_bytes());
        note::seal(text, &self.name, self.id, &signature)
    }

    fn load(path: &Path, origin: &str) -> Result<Self, Error> {
        let wrong = |what, hint| Error::Key {
            what,
            path: path.to_owned(),
            hint,
        };
        let file = files::open(path).map_err(failed("read the key", path))?;
        let metadata = file.metadata().map_err(failed("read the key", path))?;
        let owners = [geteuid().as_raw(), 0];
        if !owners.contains(&metadata.uid()) && Some(metadata.uid()) != owner_of_folder(path) {
            return Err(wrong(
                "private key of another user",
                "give one that is this user's, or begin with another",
            ));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(wrong(
                "private key that others can read",
                "make it the owner's alone with chmod 600, or begin with another",
            ));
        }
        // From what was looked at: the name may lead to another one by now.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
        file.take(LONGEST as u64)
            .read_to_end(&mut bytes)
            .map_err(failed("read the key", path))?;
        let (name, key) = Self::parse(&bytes).ok_or_else(|| {
            wrong(
                "not a private key",
                "give the file that a ledger was begun with, or a new name",
            )
        })?;
        if name != origin {
            return Err(wrong(
                "private key of another name",
                "give each sensor a key of its own",
            ));
        }
        Ok(key)
    }

    fn parse(bytes: &[u8]) -> Option<(String, Self)> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let (name, rest) = text.strip_prefix(PREFIX)?.split_once('+')?;
        let (id, secret) = rest.split_once('+')?;
        let secret = Zeroizing::new(Base64::decode_vec(secret).ok()?);
        let (kind, seed) = secret.split_first()?;
        let seed: &[u8; 32] = seed.try_into().ok()?;
        let key = Self::new(name, seed);
        let is_right = *kind == ED25519
            && note::is_name(name)
            && format!("{:08x}", u32::from_be_bytes(key.id)) == id;
        is_right.then(|| (name.to_owned(), key))
    }

    fn create(path: &Path, origin: &str) -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        let mut filled = 0;
        while filled < seed.len() {
            filled += getrandom(&mut seed[filled..], GetRandomFlags::empty())
                .map_err(|error| failed("make a key for", path)(error.into()))?;
        }
        let key = Self::new(origin, &seed);
        let mut secret = Zeroizing::new([ED25519; 33]);
        secret[1..].copy_from_slice(&*seed);
        let secret = Zeroizing::new(Base64::encode_string(&*secret));
        let id = u32::from_be_bytes(key.id);
        let text = Zeroizing::new(format!("{PREFIX}{origin}+{id:08x}+{}\n", &*secret));
        let folder = folder_of(path);
        files::make_folder(folder)?;
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = Path::new(&temporary);
        let written = files::create_anew(temporary).and_then(|mut file| {
            // Whatever the folder has new files be.
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            file.write_all(text.as_bytes())?;
            files::sync(&file, text.len())?;
            // Fails where somebody else made one meanwhile: no key is ever replaced.
            fs::hard_link(temporary, path)?;
            fs::remove_file(temporary)?;
            fs::File::open(folder)?.sync_all()
        });
        if written.is_err() {
            let _ = fs::remove_file(temporary);
        }
        written.map_err(failed("make the key", path))?;
        Ok(key)
    }
}

/// Who can put any key there: the sensor's user, where another one is asked to work with its ledger.
fn owner_of_folder(path: &Path) -> Option<u32> {
    folder_of(path).metadata().ok().map(|found| found.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/lab.key");
        let key = Key::load_or_create(&path, "sekisho/lab").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Key::load_or_create(&path, "sekisho/lab").unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert_eq!(again.verifier().name(), "sekisho/lab");
        let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1);
        let secret = fs::read_to_string(&path).unwrap();
        // Base64 has `+` too.
        let secret = secret.trim_end().splitn(5, '+').last().unwrap();
        assert!(!format!("{key:?}").contains(secret));
    }

    #[test]
    fn a_key_takes_nothing_over_from_a_file_that_lies_there() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.key");
        let left = folder.path().join("lab.key.tmp");
        fs::write(&left, "left").unwrap();
        fs::set_permissions(&left, fs::Permissions::from_mode(0o666)).unwrap();
        // Whoever made it may have it open.
        let mut open = fs::File::open(&left).unwrap();
        Key::load_or_create(&path, "sekisho/lab").unwrap();
        let made = fs::metadata(&path).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o600);
        assert_ne!(made.ino(), open.metadata().unwrap().ino());
        let mut text = String::new();
        open.read_to_string(&mut text).unwrap();
        assert_eq!(text, "left");

        let other = folder.path().join("other.key");
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "kept").unwrap();
        symlink(&elsewhere, folder.path().join("other.key.tmp")).unwrap();
        Key::load_or_create(&other, "sekisho/lab").unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "kept");
        assert!(fs::symlink_metadata(&other).unwrap().is_file());
    }

    #[test]
    fn keys_that_do_not_serve_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.key");
        for name in ["", "a b", "a+b", "a\nb"] {
            let refused = Key::load_or_create(&path, name).unwrap_err();
            assert!(refused.to_string().starts_with("not a name"), "{refused}");
        }
        Key::load_or_create(&path, "sekisho/lab").unwrap();
        let other = Key::load_or_create(&path, "sekisho/other").unwrap_err();
        assert!(other.to_string().starts_with("private key of another name"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = Key::load_or_create(&path, "sekisho/lab").unwrap_err();
        assert!(open.to_string().starts_with("private key that others"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "PRIVATE+KEY+sekisho/lab+00000000+AAAA\n").unwrap();
        let wrong = Key::load_or_create(&path, "sekisho/lab").unwrap_err();
        assert!(wrong.to_string().starts_with("not a private key"));
    }
}
