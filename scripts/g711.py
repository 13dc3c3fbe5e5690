"""ITU-T G.711 mu-law for the scripts that make the sounds of assets/."""
from pathlib import Path

RATE_HZ = 8000


def write_ulaw(target: Path, samples: list) -> None:
    """Samples of -1.0..1.0 at RATE_HZ, as headerless bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(bytes(mulaw(value) for value in samples))


def mulaw(value: float) -> int:
    bias, clip = 0x84, 32635
    linear = round(value * 32767)
    sign = 0x80 if linear < 0 else 0
    linear = min(abs(linear), clip) + bias
    exponent = linear.bit_length() - 8
    return ~(sign | exponent << 4 | linear >> (exponent + 3) & 0x0F) & 0xFF
