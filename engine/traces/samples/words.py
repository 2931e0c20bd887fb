"""The vocabulary of the sample shop. Plain word lists, so that the values compress about as well as real text does."""

from __future__ import annotations

CATEGORIES = (
    "shoes",
    "coats",
    "shirts",
    "bags",
    "kitchen",
    "garden",
    "books",
    "toys",
    "audio",
    "cycling",
    "light",
    "desk",
)
COLOURS = ("black", "white", "navy", "olive", "sand", "rust", "teal", "plum", "grey", "lemon", "coral", "mint")
SIZES = ("XS", "S", "M", "L", "XL")
CITIES = ("Leeds", "Gent", "Lyon", "Porto", "Graz", "Malmo", "Utrecht", "Torino", "Bergen", "Krakow", "Cork", "Brno")
_NAMES = """
    Ada Ben Cleo Dirk Elif Finn Gina Hugo Iris Jonas Kaya Liam Mara Nils Olga Pia Quinn Rosa Sami Tara Uwe Vera Wim
    Xenia Yara Zoe Arlo Bram Cora Dana Emil Fleur Gwen Hana Ivo Jana Kofi"""
NAMES = tuple(_NAMES.split())
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0",
)
_WORDS = """
    able after again alpine amber aside balance basket bench bevel blend bold border braid breeze bright broad
    brushed buckle button canvas carbon care carry cedar ceramic chain classic clean clear close cloud coast coated
    collar comfort compact copper cord corner cosy cotton cover crafted crisp curve cushion daily deep denim design
    detail double drawn dry durable ease edge elastic enamel even fabric fast felt field fine finish fit flat fleece
    flex foam fold form frame fresh front full gentle glass glove grain grip half hand handle harbour heavy hem hinge
    hold hook house inner iron island jersey joint keep knit lamp large lasting layer leather leg length level lid
    light linen lined liner long loop low made maple matt mesh metal mild mirror modern morning mount narrow natural
    neat neck nest noble north oak oiled open organic outer oval pad paired panel paper patch pattern pebble pine
    plain pleat pocket polished porcelain portable print quick quiet quilted rain raw ready recycled relaxed ribbed
    ridge rim river road round rubber runner satin scarf seam season seat set shade shape sharp shell shelf short
    side silk simple single sleeve slim small smooth soft sole solid sound spare spun stable stand steel stitch stone
    storage straight strap stretch strong studio summer supple support surface table tailored taper tempered thick
    thread tight timber tone top touch trail travel trim twill upper urban velvet vent walk walnut warm wash water
    waxed weave weight white wide wind winter wood wool woven wrap yarn year zip"""
WORDS = tuple(_WORDS.split())
