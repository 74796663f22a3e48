/**
 * @file Typed pools of values. Every value is one word or one number, written alike in a request and in the arguments, so that
 * filling a parameter means finding the value of its type.
 *
 * The last values of an open pool are held out: no training trajectory contains them.
 */
import type { Random } from "./random.ts";

interface Pool {
  readonly seen: readonly (string | number)[];
  /** Empty for closed pools, whose values everybody knows (weekdays, months). */
  readonly heldOut: readonly (string | number)[];
}

const words = (seen: string, heldOut = ""): Pool => ({
  seen: seen.split(" "),
  heldOut: heldOut === "" ? [] : heldOut.split(" "),
});

/** Two-letter prefix and three digits, in one word: `BR417`. The digits follow from the place in the list. */
const codes = (prefixes: string, offset: number): string[] =>
  prefixes.split(" ").map((prefix, index) => `${prefix}${100 + ((index * 137 + offset) % 900)}`);

export const POOLS = {
  place: words(
    "Oslo Lisbon Vienna Dublin Prague Athens Madrid Warsaw Berlin Zurich Milan Naples Porto Geneva Hamburg Leipzig Bergen Malmo " +
      "Utrecht Ghent Lyon Nantes Toulouse Bologna Trieste Salzburg Krakow Gdansk",
    "Seville Tallinn Riga Vilnius Basel Turin Aarhus Tampere",
  ),
  person: words(
    "Anna Bruno Clara David Elena Felix Greta Hugo Irene Jonas Karin Lukas Marta Nils Olga Paul Rosa Simon Tina Victor Wanda Yusuf Amira Boris",
    "Carla Dario Edith Farid Helga Ivan Jana",
  ),
  weekday: words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
  month: words("January February March April May June July August September October November December"),
  time: words(
    "07:00 07:30 08:00 08:30 09:00 09:30 10:00 10:30 11:00 11:30 12:00 13:00 13:30 14:00 15:00 15:30 16:00 17:00 18:00 18:30 19:00 20:00",
    "12:30 14:30 16:30 17:30 19:30 20:30",
  ),
  dish: words(
    "Ramen Lasagne Curry Tacos Paella Risotto Sushi Falafel Goulash Pizza Burrito Chili Moussaka Couscous Gnocchi Pho Stew Omelette Pancakes Salad",
    "Ravioli Dumplings Kebab Gazpacho Waffles Borscht",
  ),
  cuisine: words("Thai Indian Greek Mexican Turkish Korean Spanish French Lebanese Polish", "Persian Peruvian Georgian"),
  restaurant: words(
    "Marigold Lantern Bluebird Saffron Harvest Anchor Juniper Terrace Orchard Copper Willow Pepper Garland Compass",
    "Thistle Cinder Magnolia Lagoon",
  ),
  activity: words(
    "Standup Review Yoga Dentist Budget Training Interview Workshop Lunch Rehearsal Retro Planning Haircut Checkup Seminar Swimming",
    "Tennis Audit Kickoff Massage Pottery",
  ),
  room: words("Kitchen Bedroom Office Hallway Bathroom Garage Nursery Cellar Attic Library", "Veranda Pantry Studio"),
  device: words("Heater Dishwasher Oven Fan Humidifier Kettle Washer Dryer Vacuum Projector", "Toaster Purifier Boiler"),
  door: words("front back garage garden"),
  genre: words("Jazz Rock Blues Techno Opera Folk Reggae Soul Salsa Gospel Swing", "Disco Grunge Samba"),
  filmGenre: words("Comedy Drama Thriller Western Horror Fantasy Mystery Romance", "Musical Noir"),
  film: words(
    "Nightfall Driftwood Mirage Starling Avalanche Clockwork Tempest Labyrinth Sandcastle Monsoon Daybreak Cascade Riverbend Wildfire",
    "Moonrise Evergreen Snowblind Undertow",
  ),
  song: words(
    "Afterglow Paperboats Skylines Honeycomb Fireflies Undercover Slowdance Windmill Heartlines Raincoat Postcards Kites Ember Lullaby",
    "Tidewater Silverware Hometown Daydream",
  ),
  playlist: words("Running Cooking Focus Roadtrip Party Sleep Morning Gym", "Picnic Reading"),
  company: words(
    "Norvia Heliox Brightwell Castor Ferrum Lumora Ostara Quantel Redfin Solvay Tavira Umbral Veltro Zephyr Altus Corvin",
    "Meridia Pavona Kestrel Wexford",
  ),
  currency: words("EUR USD GBP CHF SEK NOK JPY CAD AUD PLN", "DKK CZK HUF"),
  amount: {
    seen: [20, 25, 30, 40, 45, 50, 60, 70, 75, 80, 90, 100, 110, 120, 130, 150, 160, 180, 200, 220, 240, 250, 280, 300, 350, 400, 500, 600],
    heldOut: [35, 65, 85, 140, 170, 260, 320, 450],
  },
  count: { seen: [2, 3, 4, 5, 6, 8, 10], heldOut: [7, 9] },
  level: { seen: [10, 15, 20, 25, 30, 40, 45, 50, 60, 70, 80, 90], heldOut: [35, 55, 65] },
  degrees: { seen: [16, 17, 18, 20, 21, 22, 24], heldOut: [19, 23] },
  minutes: { seen: [5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 90], heldOut: [12, 35, 55] },
  stars: { seen: [2, 3, 4, 5], heldOut: [] },
  product: words(
    "Lamp Backpack Kettlebell Blender Notebook Tent Bicycle Jacket Sofa Mirror Camera Helmet Keyboard Carpet Umbrella Teapot Drill Ladder Guitar Scooter",
    "Hammock Toolbox Speaker Blanket Microscope Skateboard",
  ),
  colour: words("Red Blue Green Black White Yellow Purple", "Orange Silver"),
  shop: words("Bazaro Nestora Kaufix Merkato Trendly Homely Gadgeto Primor", "Velmart Shoply"),
  account: words("Savings Checking Holiday Business Household Emergency", "Pension Student"),
  flight: { seen: codes("BR KT LN MV PX QA RD SB TW VK", 40), heldOut: codes("ZL HG DF", 505) },
  train: { seen: codes("IC RE EX NT SP TG", 211), heldOut: codes("RB EC", 730) },
} satisfies Record<string, Pool>;

export type PoolName = keyof typeof POOLS;

/** Free strings: made of many tokens, never the same twice. A stated minority, reported apart. */
export const FREE_KINDS = ["orderCode", "note", "fullName"] as const;
export type FreeKind = (typeof FREE_KINDS)[number];

const CODE_LETTERS = "ABCDEFGHKLMNPRSTUVWXYZ";
const NOTE_VERBS = ["buy", "bring", "water", "call", "clean", "fix", "return", "print", "pack", "wash"];
const NOTE_WORDS = ["milk", "plants", "keys", "books", "windows", "bread", "tickets", "shoes", "batteries", "paper", "grandma", "printer"];
const NAME_STARTS = ["Bal", "Cor", "Del", "Fen", "Gar", "Hol", "Kar", "Lin", "Mor", "Nor", "Ras", "Sol", "Tor", "Vel", "Win"];
const NAME_ENDS = ["berg", "dale", "ford", "lund", "mann", "nova", "rick", "sen", "stein", "vik", "worth", "ski"];

/** A fresh value of a free kind. */
export function drawFree(kind: FreeKind, random: Random): string {
  switch (kind) {
    case "orderCode":
      return (
        random.pick([...CODE_LETTERS]) +
        random.pick([...CODE_LETTERS]) +
        "-" +
        Array.from({ length: 4 }, () => String(random.below(10))).join("")
      );
    case "note":
      return `${random.pick(NOTE_VERBS)} ${random.pick(NOTE_WORDS)} and ${random.pick(NOTE_VERBS)} ${random.pick(NOTE_WORDS)}`;
    case "fullName":
      return `${random.pick(POOLS.person.seen)} ${random.pick(NAME_STARTS)}${random.pick(NAME_ENDS)}`;
  }
}

/** Which part of the pools a trajectory draws from. */
export type ValueSource = "seen" | "heldOut" | "all";

/** One value of a pool; a closed pool answers every source from its only part. */
export function drawValue(pool: PoolName, source: ValueSource, random: Random): string | number {
  const { seen, heldOut }: Pool = POOLS[pool];
  if (heldOut.length === 0 || source === "seen") return random.pick(seen);
  return random.pick(source === "heldOut" ? heldOut : [...seen, ...heldOut]);
}

/** True where the pool has values that training never sees. */
export const isOpenPool = (pool: PoolName): boolean => (POOLS[pool] as Pool).heldOut.length > 0;
