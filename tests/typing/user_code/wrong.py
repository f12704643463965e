"""Mistakes that mypy must find before anything runs; each line says which."""

from plantverse import Binding, Component, Limits, Plant, Property, Telemetry, Twin, alarm, derived


class Motor(Twin):
    speed = Telemetry(unit="rpm")


class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    serial = Property()
    motor = Component(Motor)
    wrong_unit = Telemetry(unit=3)  # E: call-overload
    wrong_word = Telemetry(units="m3/h")  # E: call-overload
    wrong_range = Telemetry(range=5)  # E: call-overload
    wrong_limit = Telemetry(limits=Limits(hi=5))  # E: call-arg
    wrong_part = Component(Telemetry())  # E: arg-type

    @derived()
    def misspelt(self) -> float:
        return self.flwo  # E: attr-defined

    @derived()
    def misspelt_in_part(self) -> float:
        return self.motor.sped  # E: attr-defined

    @derived()
    def text(self) -> float:
        return self.serial  # E: return-value

    @alarm("x", priority="hgih")  # E: arg-type
    def rule(self) -> bool:
        return self.flow > 1


Pump("p1", topics="x")  # E: call-arg
Pump("p1", position=(1, 2))  # E: arg-type
Plant("x").add(Motor)  # E: type-var
Binding(path="flow", codec="jsn")  # E: arg-type
length: str = Pump("p1").flow  # E: assignment
