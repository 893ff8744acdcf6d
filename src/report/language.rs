//! The two languages of the page. What is said stands in both beside each other, where it is said: so no
//! text can be in one only.
//!
//! Vocabulary in Japanese: as in docs/rules.ja.md.

use crate::fate::{Class, Reason};

/// The language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// The tag of BCP 47, for `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// One of the two.
    pub(super) const fn of(self, english: &'static str, japanese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Japanese => japanese,
        }
    }

    /// The name of a class.
    pub(super) const fn class(self, class: Class) -> &'static str {
        match class {
            Class::ForeignForeign => self.of("foreign to foreign", "外外通信"),
            Class::ForeignDomestic => self.of("foreign to domestic", "外内通信"),
            Class::DomesticForeign => self.of("domestic to foreign", "内外通信"),
            Class::ForeignUndetermined => self.of("foreign to undetermined", "外から判定不能"),
            Class::UndeterminedForeign => self.of("undetermined to foreign", "判定不能から外"),
        }
    }

    /// What a class means.
    pub(super) const fn class_meaning(self, class: Class) -> &'static str {
        match class {
            Class::ForeignForeign => self.of(
                "both ends abroad on positive evidence",
                "送信側・受信側の電気通信設備がいずれも国外にあると確認できた通信",
            ),
            Class::ForeignDomestic => self.of(
                "sender abroad, receiver at home",
                "送信側が国外、受信側が国内にある通信",
            ),
            Class::DomesticForeign => self.of(
                "sender at home, receiver abroad",
                "送信側が国内、受信側が国外にある通信",
            ),
            Class::ForeignUndetermined => self.of(
                "sender abroad, receiver's place not known",
                "送信側が国外、受信側の所在が判定不能の通信",
            ),
            Class::UndeterminedForeign => self.of(
                "sender's place not known, receiver abroad",
                "送信側の所在が判定不能、受信側が国外にある通信",
            ),
        }
    }

    /// The name of a reason.
    pub(super) const fn reason(self, reason: Reason) -> &'static str {
        match self {
            Self::English => reason.meaning(),
            Self::Japanese => reason.japanese(),
        }
    }

    /// What a reason means.
    pub(super) const fn reason_meaning(self, reason: Reason) -> &'static str {
        match self {
            Self::English => reason.meaning(),
            Self::Japanese => japanese_meaning(reason),
        }
    }
}

const fn japanese_meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::DomesticPair => "両端とも国内",
        Reason::Unlocated => "一端の所在がどの位置情報にもなく、他端が国外でない",
        Reason::SourceDisagreement => "一端について位置情報が互いに食い違い、他端が国外でない",
        Reason::Anycast => "一端がエニーキャストで、他端が国外でない",
        Reason::NonGlobal => "一端がプライベートアドレス等で、他端が国外でない",
        Reason::Multicast => "グループ宛ての通信で、受信者が分からない",
        Reason::Martian => "回線上に現れるはずのないアドレス",
        Reason::TunnelDomestic => "トンネルのいずれかの層が内内であり得る",
        Reason::QuotedDomestic => "ICMPが引用するパケットが内内であり得る",
        Reason::ClassNotAuthorised => "該当し得る区分に承認されていないものがある",
        Reason::NoAuthorisation => "有効な承認がない",
        Reason::GeoStale => "位置情報が古く、国外にあると確認できない",
        Reason::OperatorDomestic => "事業者のリストにより国内",
        Reason::VolumeCap => "承認された量を使い切った",
        Reason::NonIp => "IPを運ばない",
        Reason::UnsupportedLink => "解読に対応していないリンク種別",
        Reason::Truncated => "アドレスの手前で取得が途切れている",
        Reason::Malformed => "ヘッダーに矛盾がある",
        Reason::TooDeep => "判定できる階層数を超えている",
        Reason::Fragment => "先頭を伴わない後続の断片",
    }
}
