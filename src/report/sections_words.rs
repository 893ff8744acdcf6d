//! Sections of words: what the figures mean and do not, and the glossary.

use super::figures::{Report, Variant};
use super::language::Language;
use super::page::{Block, Row, Table, Value};
use crate::fate::{Class, Reason};

pub(super) fn meaning(report: &Report, language: Language) -> Vec<Block> {
    let mut items: Vec<&str> = match language {
        Language::English => vec![
            "They count packets at one place of one network, as this sensor was given them. They say nothing about traffic that it was not given.",
            "“Foreign” and “domestic” are about where equipment is, by country tables. Tables are evidence, not proof, and are wrong for some addresses. This report does not measure how often: that takes a comparison with addresses whose place is known.",
            "A sender's address can be forged, and who only listens cannot tell.",
            "What is inside an encrypted tunnel is not seen; the tunnel is judged by its own ends.",
            "Excluded packets were counted and not kept: of them there are no addresses, ports or contents, here or anywhere.",
            "Packets excluded because a place was not known are mostly not domestic–domestic; they are excluded because they could be.",
            "Drops and gaps are what was not seen; losses are what was kept and then lost. Neither is part of what was kept or excluded.",
            "The page says what the ledger's entries say, and whether they are whole and signed. It is no approval, no inspection and no legal opinion, and nobody's endorsement; the filter is no permission to capture.",
        ],
        Language::Japanese => vec![
            "数値は、このセンサーに渡された、ある一地点の通信のパケット数である。渡されなかった通信については何も示さない。",
            "「国内」「国外」は、位置情報による電気通信設備の所在を指す。位置情報は手掛かりであって証明ではなく、誤りを含む。誤りの頻度は、所在の分かっているアドレスとの比較によらなければ分からず、この報告では測っていない。",
            "送信元アドレスは偽装され得る。通信を観測するだけでは見分けられない。",
            "暗号化されたトンネルの中は見えない。トンネル自身の両端により判定する。",
            "除外したパケットは数えただけで、保存していない。そのアドレス、ポート、内容は、この報告にも、どこにも残らない。",
            "判定不能により除外したパケットの多くは内内通信ではない。内内であり得るために除外している。",
            "取りこぼしと観測不能は「見ていないもの」、損失は「保存と判定した後に失われたもの」であり、保存にも除外にも含まれない。",
            "この報告が示すのは、台帳の記録の内容と、記録が完全で署名されているかどうかである。承認・検査・法的見解ではなく、いかなる機関の推奨や保証を意味するものでもない。選別の機能は、通信を取得する権限を与えるものではない。",
        ],
    };
    if report
        .evaluation
        .as_ref()
        .is_some_and(|found| found.truth.is_some())
    {
        items[1] = language.of(
            "“Foreign” and “domestic” are about where equipment is, by country tables. Tables are evidence, not proof, and are wrong for some addresses. How often, for the addresses of one list, is in the section on how sure the tables are; for others it is not known.",
            "「国内」「国外」は、位置情報による電気通信設備の所在を指す。位置情報は手掛かりであって証明ではなく、誤りを含む。ある一覧のアドレスについての誤りの頻度は「位置情報の確かさ」に示す。その他のアドレスについては分からない。",
        );
    }
    if report.variant == Variant::Published {
        items.push(language.of(
            "This is the published form: sums leave out small cells, times are whole hours, and events are counts. It can be published beside other periods of the same sensor, and beside none of its full reports.",
            "これは公表版である。合計は少数の値を除き、時刻は1時間単位、出来事は件数のみとする。同じセンサーの他の期間の公表版と併せて公表できるが、全体版と併せて公表してはならない。",
        ));
    }
    vec![Block::List(items.into_iter().map(str::to_owned).collect())]
}

pub(super) fn glossary(language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let classes = Class::ALL.into_iter().map(|class| {
        row(
            class.id(),
            language.class(class),
            language.class_meaning(class),
        )
    });
    let other = [(
        "domestic_domestic",
        t("domestic to domestic", "内内通信"),
        t(
            "both ends at home: never kept, and never authorised; counted under the reasons",
            "送信側・受信側とも国内にある通信。保存も承認もされることがなく、除外理由の中に数える",
        ),
    )];
    let reasons = Reason::ALL.into_iter().map(|reason| {
        // In English its meaning is its name.
        let name = match language {
            Language::English => "",
            Language::Japanese => reason.japanese(),
        };
        row(reason.id(), name, language.reason_meaning(reason))
    });
    let words = [
        (
            t("kept", "保存"),
            t(
                "passed the gate: flow metadata may be recorded, never content",
                "選別を通過したもの。機械的情報（フローの記録）のみを残し得、内容は残さない",
            ),
        ),
        (
            t("excluded", "除外"),
            t(
                "turned back at the gate by the rules and erased at once; only counted",
                "規則により選別で除かれ、直ちに消去されたもの。数だけを残す",
            ),
        ),
        (
            t("undetermined", "判定不能"),
            t(
                "a place that could be at home or abroad",
                "国内とも国外とも確認できないこと",
            ),
        ),
        (
            t("recalled", "回収"),
            t(
                "kept at first, and dropped before export because a newer table or rule does not let it out",
                "いったん保存と判定されたが、新しい位置情報または規則により、出力前に消去されたもの",
            ),
        ),
        (
            t("gap", "観測不能"),
            t(
                "time in which the sensor saw nothing",
                "センサーが何も観測できなかった時間",
            ),
        ),
    ];
    let head = |what| vec![Value::text(what), Value::text(t("meaning", "意味"))];
    let mut class_rows: Vec<Row> = classes.collect();
    class_rows.extend(other.map(|(id, name, meaning)| row(id, name, meaning)));
    vec![
        Block::Table(Table {
            head: head(t("class", "区分")),
            rows: class_rows,
        }),
        Block::Table(Table {
            head: head(t("reason", "理由")),
            rows: reasons.collect(),
        }),
        Block::Table(Table {
            head: head(t("word", "用語")),
            rows: words.map(|(word, meaning)| row("", word, meaning)).into(),
        }),
    ]
}

fn row(id: &str, name: &str, meaning: &str) -> Row {
    let first = match (id, name) {
        ("", name) => Value::text(name),
        (id, "") => Value::code(id),
        (id, name) => Value::text(name).below(id),
    };
    Row {
        strong: false,
        cells: vec![first, Value::text(meaning)],
    }
}
