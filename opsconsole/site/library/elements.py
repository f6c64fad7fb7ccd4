"""The elements of the library's formulas: times, quantities and conditions of a row, with the symbols of ISO 22400-2.

Of a ratio both times have to be in one unit, whichever it is. An element is 0 where there was none of it; NULL means
that it is not known.
"""

from __future__ import annotations

from opsconsole.site.library.shape import Element

TIME = "time, in any one unit"
PIECES = "quantity, in any one unit"
HOURS = "h"

_ALL = (
    # times of work units
    Element("APT", "actual production time: the work unit adds value", TIME),
    Element("PBT", "planned busy time: operating time without planned downtime", TIME),
    Element("AUBT", "actual unit busy time: the work unit is used for an order", TIME),
    Element("AUPT", "actual unit processing time: setup and production", TIME),
    Element("AUST", "actual unit setup time", TIME),
    Element("ADET", "actual unit delay time: faults, minor stops, other unplanned interruptions", TIME),
    Element("AOET", "actual order execution time: from the start of an order to its end", TIME),
    Element("PRU", "planned run time for one unit made", "time per piece"),
    Element("CT", "calendar time: the time that a row stands for, planned to work or not", TIME),
    # times of people
    Element("APWT", "actual personnel work time: spent on orders", TIME),
    Element("APAT", "actual personnel attendance time: there to work, without breaks", TIME),
    # quantities of pieces
    Element("PQ", "produced quantity", PIECES),
    Element("GQ", "good quantity: meets the quality requirements", PIECES),
    Element("SQ", "scrap quantity: does not meet them and is scrapped or recycled", PIECES),
    Element("RQ", "rework quantity: does not meet them yet, and can", PIECES),
    Element("PSQ", "planned scrap quantity", PIECES),
    Element("PQ1", "produced quantity of the first operation; 0 or NULL in the rows of the others", PIECES),
    Element("GP", "good parts: inspected parts that passed the first time, without rework", "parts"),
    Element("IP", "inspected parts", "parts"),
    Element("EPC", "equipment production capacity in the time that a row stands for", PIECES),
    # quantities of material
    Element("CM", "consumed material", PIECES),
    Element("IGQ", "integrated good quantity: all related good products together", PIECES),
    Element("PL", "production loss: lost between input and output", PIECES),
    Element("STL", "storage and transportation loss", PIECES),
    Element("OL", "other loss: extraordinary incidents", PIECES),
    Element("TH", "throughput: quantity that left", PIECES),
    Element("INV", "inventory at a stocktake; NULL in rows that are none", PIECES),
    Element("STOCKTAKE", "which stocktake a row belongs to", "a date or a number", "any", "_time"),
    Element("E", "energy consumed, of all kinds, in one unit", "kWh"),
    # a measured characteristic
    Element("X", "measured value of a characteristic", "unit of the characteristic"),
    Element("USL", "upper specification limit", "unit of the characteristic"),
    Element("LSL", "lower specification limit", "unit of the characteristic"),
    Element("SEQ", "what the measured values are in order of", "any", "any", "(_time, _file, _line)"),
    # failures and maintenance
    Element("TBF", "operating time between failures", HOURS),
    Element("TTF", "time to failure: operating time until a failure", HOURS),
    Element("TTR", "time to restoration: down because of a failure", HOURS),
    Element("FE", "failure events: how many a row stands for", "failures"),
    Element("CMT", "corrective maintenance time", TIME),
    Element("PMT", "preventive (planned) maintenance time", TIME),
    # orders
    Element("DUE", "the order was due", "condition", "condition", "true"),
    Element("ON_TIME", "the order came by its due time", "condition", "condition"),
    Element("IN_FULL", "the order came with all that was ordered", "condition", "condition"),
)

ELEMENTS = {element.symbol: element for element in _ALL}
