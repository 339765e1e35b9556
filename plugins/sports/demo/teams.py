"""The twenty-four fictional teams of the demo league."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Team:
    """A fictional team. `region` is ISO 3166-2, `zone` an IANA time zone, `aliases` other names."""

    name: str
    abbr: str
    region: str
    zone: str
    venue: str
    aliases: tuple[str, ...] = ()


# Two teams for every second hour of the day in UTC, so that a game begins in its town's evening.
HOSTS = (
    (
        Team("Brooklyn Lanterns", "BKL", "US-NY", "America/New_York", "Lantern Hall"),
        Team("Boston Kettles", "BOK", "US-MA", "America/New_York", "Copper Street Arena"),
    ),
    (
        Team("Chicago Drawbridges", "CHD", "US-IL", "America/Chicago", "Riverside Works"),
        Team("Austin Night Bats", "ANB", "US-TX", "America/Chicago", "Congress Hall"),
    ),
    (
        Team("Oakland Herons", "OAH", "US-CA", "America/Los_Angeles", "Estuary Pavilion"),
        Team("Seattle Ferries", "SEF", "US-WA", "America/Los_Angeles", "Pier Nine Arena"),
    ),
    (
        Team("Honolulu Outriggers", "HNO", "US-HI", "Pacific/Honolulu", "Trade Wind Court"),
        Team("Auckland Fantails", "AKF", "NZ-AUK", "Pacific/Auckland", "Harbour Shed"),
    ),
    (
        Team("Sydney Bin Chickens", "SYB", "AU-NSW", "Australia/Sydney", "Ibis Park", ("Ibises",)),
        Team("Brisbane Jacarandas", "BRJ", "AU-QLD", "Australia/Brisbane", "Purple Pavilion"),
    ),
    (
        Team("Osaka Paper Cranes", "OPC", "JP-27", "Asia/Tokyo", "Origami Dome", ("大阪折鶴",)),
        Team("Busan Tides", "BUT", "KR-26", "Asia/Seoul", "Breakwater Hall"),
    ),
    (
        Team("上海灯塔", "SHD", "CN-SH", "Asia/Shanghai", "江湾体育馆", ("Shanghai Lighthouses",)),
        Team("成都竹影", "CDZ", "CN-SC", "Asia/Shanghai", "锦城馆", ("Chengdu Bamboo Shadows",)),
    ),
    (
        Team("Mumbai Kites", "MUK", "IN-MH", "Asia/Kolkata", "Sea Breeze Stadium"),
        Team("Colombo Monsoon", "COM", "LK-1", "Asia/Colombo", "Rain Gauge Arena"),
    ),
    (
        Team("Nairobi Jacana", "NBJ", "KE-30", "Africa/Nairobi", "Papyrus Court"),
        Team("Istanbul Gulls", "ISG", "TR-34", "Europe/Istanbul", "Strait Hall"),
    ),
    (
        Team("Berlin Night Foxes", "BNF", "DE-BE", "Europe/Berlin", "Gleis 18", ("Nachtfüchse",)),
        Team("Milan Trams", "MIT", "IT-25", "Europe/Rome", "Deposito Nord"),
    ),
    (
        Team("London Foghorns", "LDF", "GB-LND", "Europe/London", "Wharf Road"),
        Team("Lisbon Sardines", "LIS", "PT-11", "Europe/Lisbon", "Armazém Sete", ("Sardinhas",)),
    ),
    (
        Team("São Paulo Capybaras", "SPC", "BR-SP", "America/Sao_Paulo", "Ginásio da Garoa"),
        Team("Bogotá Hummingbirds", "BOH", "CO-DC", "America/Bogota", "Coliseo del Alto"),
    ),
)
