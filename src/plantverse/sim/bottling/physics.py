"""Equations of the bottling plant, each with its source; pure functions of SI-like units as plants write them.

Flows are m³/h, pressures bar (gauge unless the name says `abs`), temperatures °C, powers kW, heads m of water.
"""

import math
from typing import Final

WATER_KWH_PER_M3_K: Final = 1.163
"""Volumetric heat capacity of water: 4.186 kJ/(kg K) times 1000 kg/m³ over 3600 s/h."""

METRES_PER_BAR: Final = 10.197
ATMOSPHERE_BAR: Final = 1.01325
_RANGEABILITY: Final = 50.0
_KAPPA: Final = 1.4
_KELVIN: Final = 273.15


def valve_kv(kv_open: float, opening: float) -> float:
    """Return the flow coefficient in m³/h at 1 bar of an equal-percentage valve.

    Args:
        kv_open: Fully open.
        opening: 0 to 1; below 1 % the seat closes.

    Source: IEC 60534-2-4, inherent equal-percentage characteristic Kv = Kv100 R^(h - 1) with R = 50.
    """
    return kv_open * _RANGEABILITY ** (min(opening, 1.0) - 1.0) if opening > 0.01 else 0.0


def resistance(kv: float) -> float:
    """Return r in dp = r q² of something with that flow coefficient; infinite when it is shut.

    Source: IEC 60534-2-1, incompressible turbulent flow q = Kv sqrt(dp) at density 1.
    """
    return 1.0 / (kv * kv) if kv > 0 else math.inf


def pump_pressure(shutoff_bar: float, curve: float, speed: float, flow: float) -> float:
    """Return the pressure rise of a centrifugal pump, h = h0 n² - c q².

    Args:
        shutoff_bar: At rated speed without flow.
        curve: c in bar per (m³/h)².
        speed: Share of the rated speed; head follows its square by the affinity laws.
        flow: m³/h.

    Source: Gülich, Centrifugal Pumps (4th ed.), sections 3.4 and 4.1 (affinity laws, parabolic curve).
    """
    return max(0.0, shutoff_bar * speed * speed - curve * flow * flow)


def duty_flow(shutoff_bar: float, curve: float, speed: float, static_bar: float, system: float) -> float:
    """Return where the pump's curve meets the system's, dp = static + r q²; 0 where it does not.

    Source: as `pump_pressure`; the duty point solves h0 n² - c q² = static + r q².
    """
    head = shutoff_bar * speed * speed - static_bar
    if head <= 0 or not math.isfinite(system):
        return 0.0
    return math.sqrt(head / (curve + system))


def vapour_pressure_bar(celsius: float) -> float:
    """Return the saturation pressure over water, absolute.

    Source: Magnus formula with the constants of WMO-No. 8, annex 4.B.
    """
    return 0.006112 * math.exp(17.62 * celsius / (243.12 + celsius))


def npsh_available_m(suction_bar: float, celsius: float) -> float:
    """Return the net positive suction head from the gauge pressure at the pump's inlet.

    Source: ISO 9906, (p_abs - p_vapour) / (rho g).
    """
    return (suction_bar + ATMOSPHERE_BAR - vapour_pressure_bar(celsius)) * METRES_PER_BAR


def effectiveness(ua_kw_k: float, hot_m3h: float, cold_m3h: float) -> float:
    """Return the share of the greatest possible heat that a counter-flow exchanger hands over.

    Source: Kays and London, Compact Heat Exchangers, effectiveness-NTU of counter flow.
    """
    low, high = sorted((hot_m3h * WATER_KWH_PER_M3_K, cold_m3h * WATER_KWH_PER_M3_K))
    if low < 0.02:
        return 0.0
    ntu, ratio = ua_kw_k / low, low / high
    if ratio > 0.999:
        return ntu / (1.0 + ntu)
    swing = math.exp(-ntu * (1.0 - ratio))
    return (1.0 - swing) / (1.0 - ratio * swing)


def compression_kw(free_air_m3h: float, pressure: float, efficiency: float) -> float:
    """Return the shaft power for adiabatic compression from the atmosphere.

    Source: Bloch, A Practical Guide to Compressor Technology (2nd ed.), adiabatic head with kappa = 1.4.
    """
    ratio = (pressure + ATMOSPHERE_BAR) / ATMOSPHERE_BAR
    exponent = (_KAPPA - 1.0) / _KAPPA
    rise: float = ratio**exponent - 1.0
    return ATMOSPHERE_BAR * free_air_m3h / 36.0 / exponent * rise / efficiency


def carnot_cop(evaporating: float, condensing: float, share: float) -> float:
    """Return the coefficient of performance of a refrigerator as a share of Carnot's.

    Source: Carnot, T_e / (T_c - T_e) in kelvin; shares of 0.4 to 0.6 are usual for water chillers (ASHRAE Handbook).
    """
    return share * (evaporating + _KELVIN) / max(5.0, condensing - evaporating)


def stack_loss(flue: float, air: float, oxygen: float) -> float:
    """Return the share of a gas burner's heat that leaves with the flue gas.

    Args:
        flue: Temperature behind the boiler.
        air: Temperature of the combustion air.
        oxygen: Per cent of dry flue gas.

    Source: Siegert's formula with A2 = 0.66 and B = 0.009 for natural gas (1. BImSchV, annex 2).
    """
    return (flue - air) * (0.66 / (21.0 - oxygen) + 0.009) / 100.0


def steam_temperature(pressure: float) -> float:
    """Return the saturation temperature of steam at a gauge pressure.

    Source: Antoine's equation for water, 99 to 374 °C: log10(p/mmHg) = 8.14019 - 1810.94 / (T + 244.485).
    """
    return 1810.94 / (8.14019 - math.log10((pressure + ATMOSPHERE_BAR) * 750.062)) - 244.485
