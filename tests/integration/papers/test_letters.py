"""No letter missing: what families write, in their scripts, as it is printed and as it is read.

The text is what `pdftotext` gives back, a program that knows nothing of ours. Lines from right
to left come back with their words in the order of the eye, so these are compared word by word.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from fixtures.papers import Desk
from fixtures.pdfs import SUBSET, check_paper, fonts_of, letters, pages_of
from pypdf import PdfReader

from app.adapters.paper_words import needs_words
from app.documents.profile_words import PROMPTS, ProfileWords
from app.rendering.paper import Pdf

#: What somebody could have written: a grandmother and a brother, a quiet place, not so fast.
LEFT_TO_RIGHT = {
    "Bengali": "আমার নানির সাথে থাকতে ভালো লাগে। আমি স্কুলে বিজ্ঞান ও ক্রিকেট পছন্দ করি।",
    "Gurmukhi": "ਮੇਰੀ ਨਾਨੀ ਮੇਰੇ ਲਈ ਬਹੁਤ ਜ਼ਰੂਰੀ ਹੈ। ਮੈਨੂੰ ਉੱਚੀ ਆਵਾਜ਼ ਚੰਗੀ ਨਹੀਂ ਲੱਗਦੀ।",
    "Gujarati": "મારી દાદી અને મારો ભાઈ. મને શાંતિથી વાત કરો, પ્રશ્ન એક વાર પૂછો.",
    "Hindi": "मेरी नानी और मेरा छोटा भाई। ज़ोर से मत बोलिए। क्रिकेट, विज्ञान।",
    "Tamil": "என் பாட்டி, என் தம்பி. எனக்கு அமைதியான இடம் பிடிக்கும்.",
    "Telugu": "మా అమ్మమ్మ, మా తమ్ముడు. నాకు నిశ్శబ్దం ఇష్టం.",
    "Malayalam": "എന്റെ അമ്മൂമ്മയും അനിയനും. എനിക്ക് ശാന്തമായ സ്ഥലം ഇഷ്ടമാണ്.",
    "Sinhala": "මගේ ආච්චි සහ මල්ලී. මට නිහඬ තැන් කැමතියි.",
    "Tigrinya": "ዓባየይን ሓወይን። ህዱእ ቦታ እፈቱ፣ ቀስ ኢልካ ተዛረበኒ።",
    "Polish": "Moja babcia i siostra. Źle śpię, gdy jest głośno; żółw, łąka, ćma.",
    "Somali": "Ayeeydey iyo walaalkay. Waxaan jeclahay sawirka hurdada ka hor.",
    "Romanian": "Bunica și frățiorul meu. Îmi plac liniștea și desenul, țânțar.",
    "Turkish": "Büyükannem ve kardeşim. Gürültüyü sevmem, ışığı, ağaç.",
    "Vietnamese": "Bà ngoại và em trai tôi. Tôi thích chỗ yên tĩnh, xin nói chậm.",
    "Ukrainian": "Моя бабуся і брат. Їжак, ґудзик, є.",
    "Greek": "Η γιαγιά μου και ο αδελφός μου. Μου αρέσει η ησυχία.",
    "Chinese": "我的奶奶和弟弟。我喜欢安静的地方,请慢慢说。我喜歡畫畫㗎。",
    "Japanese": "おばあちゃんと弟。静かな場所が好きです。カタカナ。",
    "Korean": "할머니와 남동생. 조용한 곳을 좋아해요.",
    "Thai": "คุณยายกับน้องชาย ฉันชอบที่เงียบ กรุณาพูดช้า",
    "Burmese": "ကျွန်တော့်အဖွားနဲ့ ညီလေး။ တိတ်ဆိတ်တဲ့နေရာ ကြိုက်တယ်။",
    "Khmer": "ជីដូននិងប្អូនប្រុសរបស់ខ្ញុំ។ ខ្ញុំចូលចិត្តកន្លែងស្ងាត់។",
    "Armenian": "Տատիկս և եղբայրս։ Սիրում եմ լռությունը։",
    "Georgian": "ბებია და ჩემი ძმა. მიყვარს სიჩუმე.",
}
RIGHT_TO_LEFT = {
    "Arabic": "أمي وأخي الصغير. أحب الرسم قبل النوم، ولا أحب الصوت العالي (12).",
    "Urdu": "میری نانی اور میری بہن۔ مجھے شور پسند نہیں، ٹھہر کر بات کریں۔",
    "Farsi": "مادربزرگم و برادرم. جای آرام را دوست دارم، می‌خواهم آهسته حرف بزنید.",
    "Pashto": "زما انا او ورور. ارام ځای خوښوم، په کراره خبرې وکړئ.",
    "Sorani": "داپیرەم و براکەم. شوێنی هێمن حەز پێ دەکەم.",
    "Hebrew": "סבתא שלי ואחי הקטן. אני אוהב מקום שקט.",
}
EMOJI = "Biscuit 🦊 😀🥺🥰🤣💀🫠 ❤️ ✨🔥 🏳️‍🌈 🤷‍♀️ 👍🏽 🇵🇱 👨‍👩‍👧 ⚽ 1️⃣ 🫶 🩷"
#: A place among the Greek letters at which there is none.
NOWHERE = "\u0378"
DIRECTIONS = str.maketrans("", "", "\u202a\u202b\u202c\u200e\u200f\u200c")

SHEETS = [list(LEFT_TO_RIGHT)[at : at + 6] for at in range(0, len(LEFT_TO_RIGHT), 6)]


def answers(said: list[str]) -> dict[str, str]:
    return dict(zip(PROMPTS, said, strict=False))


def inside(pdf: Pdf) -> str:
    (text,) = pages_of(pdf.body)
    return text.translate(DIRECTIONS)


def words(text: str) -> set[str]:
    """Every word by its letters, in no order: `pdftotext` turns a ligature of two round."""
    plain = "".join(each if each.isalnum() else " " for each in text.translate(DIRECTIONS))
    return {"".join(sorted(word)) for word in plain.split()}


@pytest.mark.parametrize("names", SHEETS, ids="-".join)
def test_every_letter_is_printed_and_comes_back(
    desk: Desk, names: list[str], tmp_path: Path
) -> None:
    said = [LEFT_TO_RIGHT[name] for name in names]
    pdf = desk.made(ProfileWords("", answers(said)))
    read = letters(inside(pdf))
    assert pdf.missing == ""
    assert [words for words in said if letters(words) not in read] == []
    assert check_paper(pdf.body, tmp_path) == []


def test_scripts_from_right_to_left_come_back_word_by_word(desk: Desk, tmp_path: Path) -> None:
    pdf = desk.made(ProfileWords("أمي", answers(list(RIGHT_TO_LEFT.values()))))
    read = words(inside(pdf))
    assert pdf.missing == ""
    assert [line for line in RIGHT_TO_LEFT.values() if not words(line) <= read] == []
    assert check_paper(pdf.body, tmp_path) == []


def test_a_line_from_right_to_left_begins_at_the_right(desk: Desk) -> None:
    """Each field for itself, by its first letter; a word in another script stays in its place."""
    said = {"people": "שלום Minecraft טוב", "upsets": "Tea עוגה milk", "belongings": "• כחול Sam"}
    at = places(desk.made(ProfileWords("", said)).body)
    lines = [["טוב", "Minecraft", "שלום"], ["Tea", "עוגה", "milk"], ["Sam", "כחול", "•"]]
    for line in lines:
        lefts = [at["".join(sorted(word))] for word in line]
        assert lefts == sorted(lefts), line


def places(body: bytes) -> dict[str, float]:
    """How far from the left each word begins, by its letters in alphabetical order."""
    command = ["pdftotext", "-bbox", "-", "-"]
    said = subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()
    found: dict[str, float] = {}
    for line in said.splitlines():
        if "<word" in line:
            # Here a word from right to left comes as the eye meets it, backwards.
            word = "".join(sorted(line.split(">")[1].split("<")[0].translate(DIRECTIONS)))
            found[word] = float(line.split('xMin="')[1].split('"')[0])
    return found


def test_emoji_are_drawn_in_black_by_a_few_shapes_of_one_font(desk: Desk, tmp_path: Path) -> None:
    """No colour that a printer turns to mud, no pictures, and not the whole font."""
    plain = desk.made(ProfileWords("", {"people": "Biscuit"}))
    pdf = desk.made(ProfileWords("Sam 🦊", {"people": EMOJI}))
    assert pdf.missing == ""
    assert letters(EMOJI) in letters(inside(pdf))
    assert [image for page in PdfReader(io.BytesIO(pdf.body)).pages for image in page.images] == []
    assert any("emoji" in name for name in fonts_of(pdf.body))
    assert len(pdf.body) - len(plain.body) < 25_000
    assert check_paper(pdf.body, tmp_path) == []


def test_an_ordinary_page_is_in_our_own_type_alone(desk: Desk) -> None:
    pdf = desk.made(ProfileWords("Zoë", dict.fromkeys(PROMPTS, "My nan’s café – “quiet”, £5.")))
    fonts = {SUBSET.sub("", name) for name in fonts_of(pdf.body)}
    assert fonts == {"Atkinson-Hyperlegible", "Atkinson-Hyperlegible-Bold"}


def test_a_letter_that_no_font_has_is_still_named(desk: Desk) -> None:
    said = {"people": f"নানি {NOWHERE} 🦊"}
    assert desk.made(ProfileWords("", said)).missing == NOWHERE


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("an ordinary line – with a dash", False),
        ("café Łódź", False),
        ("ঢাকা", True),
        ("কলম", False),  # each letter by itself
        ("cafe\u0301", True),
        ("❤️", True),
        ("أمّي", False),
        ("নানি و أمي", False),
    ],
)
def test_words_stand_beside_glyphs_where_marks_join_letters(line: str, needed: bool) -> None:
    assert needs_words(line) is needed
