# SPDX-License-Identifier: Apache-2.0
"""The stand-in platform: a small ThingsBoard MQTT server for the end-to-end tests."""
