/**
 * The words of `app/domain/withdrawal_words.txt`, in their order. Not edited by hand: a test
 * compares this file with `withdrawal_code.as_javascript()`, which writes it.
 *
 * @module withdrawal-words
 */

export const WORDS = Object.freeze(
  (
    "acorn acrobat adventure airport album alphabet alpine amber anchor anorak apple " +
    "apricot apron arcade archway armchair arrow artist aspen astronaut atlas attic " +
    "autumn avenue avocado backpack badge badminton bagel bamboo banana banjo banner " +
    "basil basket beacon beaker beanbag bedroom beetroot bench bicycle birdsong " +
    "biscuit blackbird blanket blazer blossom bluebell bookcase bowler bracelet " +
    "bramble branch breeze brick broccoli bronze brook brush bucket bugle bumblebee " +
    "bungalow bunting butter cabbage cabin cactus cake calendar camel campsite canal " +
    "candle canoe canvas caravan cardigan carpet carriage cartoon castle cedar celery " +
    "chalk channel chapter cheese cherry chestnut chimney chipmunk chocolate chorus " +
    "cinema cinnamon circle clarinet cloud clover coaster cobweb coconut coffee " +
    "collage comet comic compass cookie copper corner corridor costume cottage " +
    "courtyard cranberry crayon crescent cricket crystal cucumber cupboard curtain " +
    "cushion daffodil daisy dancer dandelion daylight denim diamond diary dictionary " +
    "disco dolphin domino doorbell dormouse dragonfly drawing dresser duckling eagle " +
    "earring earth echo envelope evening fabric fairground falcon farmer feather " +
    "festival field finch firefly fishpond flamingo flapjack flask flipper flowerpot " +
    "flute folder football forest fossil fountain friend fruit funfair gadget galaxy " +
    "gallery garage garden garland giraffe glacier glen glider glitter globe goldfish " +
    "grape gravel greenhouse guidebook guitar hairbrush hallway hammock hamper " +
    "hamster handbag harbour harvest haven hazel headphone hedgehog helmet helper " +
    "hexagon hill hive holiday holly honey hoodie horizon hotel house iceberg icicle " +
    "igloo invite island jacket jasmine jewel jigsaw journey juggler jukebox jumper " +
    "jungle kangaroo kayak ketchup kettle keyboard kingdom kitchen kite kitten kiwi " +
    "koala lace ladybird lamp lantern laptop lark laundry lavender lawn leaf lemon " +
    "lentil letter library lighthouse lilac lily lime lizard loft logo lollipop lorry " +
    "luggage lunchbox magnolia magpie mandarin mango maple marble margarine market " +
    "marmalade marsh mattress meadow melody mermaid midnight milestone milk mint " +
    "model moon motor museum music napkin necklace nest newspaper nickname nightlight " +
    "noodle notebook novel nutmeg oatcake oatmeal octopus olive omelette onion opera " +
    "orange orbit orchard ornament ostrich otter outfit paddle painter palace pancake " +
    "panda pantry parade parcel parsley pasta pathway patio pavement pavilion peach " +
    "peanut pebble pelican pencil penguin pepper perfume piano picnic picture pigeon " +
    "pillow pine pizza planet playground pocket poetry pollen pony popcorn poplar " +
    "poppy postcard potato pottery propeller pullover pumpkin puppet puzzle pyjamas " +
    "pyramid quarry quilt quiz rabbit radio rainbow ranger raspberry rectangle " +
    "rhubarb rhythm ribbon riddle river robin robot roller rooster rowboat rucksack " +
    "ruler sailor salad sandal satellite satin saucer saxophone scone scooter scroll " +
    "sculpture seagull seahorse season seaweed shamrock shawl shed sheep shelf " +
    "shepherd shoelace shore shovel signpost silver skate sketch slide smoothie " +
    "snowdrop soap sofa song soprano spaghetti spanner spark spice sponge spoon " +
    "spring sprout spruce squirrel stable stadium stairway stamp starfish statue " +
    "steeple stool story strawberry studio submarine sugar suitcase summer sunflower " +
    "sunrise surfboard sweater swimmer swing tadpole tangerine tartan tassel taxi " +
    "teacup teapot telescope theatre thistle ticket timber tiptoe toggle tomato " +
    "toolbox tortoise towel tractor treacle triangle tricycle trolley trombone trophy " +
    "trousers tugboat tulip tunic turnip turtle twilight umbrella unicorn universe " +
    "valley vanilla vase velvet village violet volcano voyage waffle wagon waiter " +
    "walkway wallaby walnut wardrobe waterfall welcome wheat whisker wildlife window " +
    "winter wombat woodland workshop yellow yoghurt zebra zigzag zookeeper"
  ).split(" "),
);
