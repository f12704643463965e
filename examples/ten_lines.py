from plantverse import Limits, Plant, Telemetry, Twin


class Pump(Twin):
    flow = Telemetry(unit="m3/h", range=(0, 120))
    temperature = Telemetry(unit="°C", limits=Limits(h=80, hh=95))


plant = Plant("demo")
plant.add(Pump("hall/pump-1", topic="plant/pump-1"))
