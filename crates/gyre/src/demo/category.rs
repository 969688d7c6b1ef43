//! Categories of the demonstration's products.
//!
//! The data set has none. These are ours: the first group of this table that has a word of the product's description
//! wins; a description without any such word is "home", and lines that are no goods (postage, bank charges) are
//! "charges".

/// What a product is when no word says otherwise.
pub const FALLBACK: &str = "home";
/// Postage, discounts and bank charges.
pub const CHARGES: &str = "charges";

/// Stock codes that are no goods.
const CHARGE_CODES: &[&str] = &[
    "POST",
    "DOT",
    "C2",
    "M",
    "D",
    "S",
    "BANK CHARGES",
    "AMAZONFEE",
    "CRUK",
];

/// Categories in order of precedence, with their words.
const CATEGORIES: &[(&str, &str)] = &[
    (
        "seasonal",
        "CHRISTMAS XMAS ADVENT SANTA SNOWMAN SNOWMEN SNOWFLAKE SNOWFLAKES REINDEER RUDOLPH \
         BAUBLE BAUBLES NOEL EASTER NATIVITY STOCKING VALENTINE HALLOWEEN",
    ),
    (
        "jewellery",
        "NECKLACE BRACELET EARRINGS EARRING RING BANGLE BROOCH PENDANT BEAD BEADED BEADS \
         JEWELLERY ANKLET CHARM DIAMANTE LARIAT JEWEL CUFF",
    ),
    (
        "bags",
        "BAG BAGS SHOPPER HANDBAG PURSE PURSES WALLET LUGGAGE RUCKSACK BACKPACK SATCHEL \
         HOLDALL TOTE SUITCASE UMBRELLA PARASOL PASSPORT",
    ),
    (
        "kitchen",
        "KITCHEN CAKE CAKES CAKESTAND TEA TEACUP TEAPOT MUG MUGS CUP CUPS SAUCER BOWL BOWLS \
         PLATE PLATES CUTLERY BAKING TIN TINS JAR JARS LUNCH BOTTLE JUG APRON GLASS GLASSES \
         COASTER COASTERS PANTRY COOKIE BREAD BUTTER MILK COFFEE EGG SPOON SPOONS DISH TRAY \
         OVEN MOULD MOULDS JELLY JAM RECIPE NAPKIN NAPKINS PICNIC DINNER BREAKFAST FORK KNIFE \
         COLANDER SCALES MEASURING TEASPOONS FLASK TUMBLER BISCUIT CASES SPICE POPCORN ICE \
         CREAM CORKSCREW FRYING PAN",
    ),
    (
        "lighting",
        "CANDLE CANDLES T-LIGHT T-LIGHTS LANTERN LANTERNS LAMP LIGHT LIGHTS LIGHTBULB \
         CANDLESTICK CANDELABRA CHANDELIER TORCH CANDLEHOLDER TEALIGHT LAMPSHADE INCENSE",
    ),
    (
        "stationery",
        "CARD CARDS NOTEBOOK NOTEBOOKS PENCIL PENCILS PEN PENS PAPER WRAP STICKER STICKERS \
         TAPE ENVELOPE ENVELOPES ERASER ERASERS RULER BOOK BOOKS JOURNAL CALENDAR CALCULATOR \
         POSTCARD LETTER STAMP STAMPS GIFTWRAP RIBBON RIBBONS TAGS CHALK CHALKBOARD \
         BLACKBOARD MEMO TISSUE SCISSORS ORGANISER",
    ),
    (
        "toys",
        "TOY TOYS DOLL DOLLY DOLLS PUPPET JIGSAW PUZZLE GAME GAMES MARBLES CHILDREN CHILDRENS \
         CHILDS KIDS BABY DINOSAUR SOLDIER SOLDIERS ROCKING SKITTLES DOMINOES SNAKES \
         PLAYHOUSE SPACEBOY CIRCUS ROBOT TRAIN YOYO KITE SKIPPING TEDDY BINGO",
    ),
    (
        "crafts",
        "SEWING KNITTING FELTCRAFT CRAFT CROCHET WOOL BUTTON BUTTONS PATCH PATCHES KIT \
         MAGNETIC DECOUPAGE",
    ),
    (
        "party",
        "PARTY BIRTHDAY BUNTING GARLAND GARLANDS BALLOON BALLOONS CONFETTI PAPERCHAIN CANDY \
         DOILY DOILIES HONEYCOMB INVITATIONS INVITES",
    ),
    (
        "garden",
        "GARDEN GARDENERS BIRDHOUSE FEEDER WATERING PLANT POT POTS PLANTER SEED SEEDS GROW \
         HERB WINDMILL TROWEL GARDENING BENCH HOSE FLOWERPOT GNOME BIRD",
    ),
    (
        "bath",
        "SOAP BATH BATHROOM TOWEL TOWELS SPONGE TISSUES SHAMPOO BALM LIP HAND WASHBAG \
         TOOTHBRUSH MANICURE HAIR COSMETIC",
    ),
];

/// The category of a product by its stock code and description.
pub fn category_of(stock_code: &str, description: &str) -> &'static str {
    if CHARGE_CODES.contains(&stock_code) {
        return CHARGES;
    }
    let upper = description.to_uppercase();
    let words: Vec<&str> = upper
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '-')
        .collect();
    CATEGORIES
        .iter()
        .find(|(_, keywords)| keywords.split(' ').any(|it| words.contains(&it)))
        .map_or(FALLBACK, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_filed_by_the_words_of_their_description() {
        for (code, description, expected) in [
            ("85123A", "WHITE HANGING HEART T-LIGHT HOLDER", "lighting"),
            ("22423", "REGENCY CAKESTAND 3 TIER", "kitchen"),
            ("85099B", "JUMBO BAG RED RETROSPOT", "bags"),
            ("47566", "PARTY BUNTING", "party"),
            ("23084", "RABBIT NIGHT LIGHT", "lighting"),
            ("22086", "PAPER CHAIN KIT 50'S CHRISTMAS", "seasonal"),
            ("22469", "HEART OF WICKER SMALL", "home"),
            ("84520B", "PACK 20 ENGLISH ROSE PAPER NAPKINS", "kitchen"),
            ("POST", "POSTAGE", "charges"),
            ("PADS", "PADS TO MATCH ALL CUSHIONS", "home"),
        ] {
            assert_eq!(category_of(code, description), expected, "{description}");
        }
    }

    #[test]
    fn no_word_stands_in_two_categories() {
        let mut seen = std::collections::BTreeSet::new();
        for (category, words) in CATEGORIES {
            for word in words.split_whitespace() {
                assert!(seen.insert(word), "{category}: {word} stands twice");
            }
        }
    }
}
