// SPDX-License-Identifier: Apache-2.0
#include "modbus/server.hpp"

#include <modbus/modbus.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/status.hpp"
#include "modbus/codec.hpp"
#include "modbus/frame.hpp"
#include "modbus/pdu.hpp"
#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

constexpr int kPlaces = 65536;
/// The rest of a request must follow so soon: nobody else is served meanwhile.
constexpr std::uint32_t kByteTimeoutUs = 50000;
/// Bytes of the query before its PDU: unit(1), or the MBAP header(7).
constexpr std::size_t kTcpHeader = 7;

struct FreeContext {
  void operator()(modbus_t* context) const noexcept { modbus_free(context); }
};
struct FreeMapping {
  void operator()(modbus_mapping_t* mapping) const noexcept { modbus_mapping_free(mapping); }
};

std::size_t index_of(Table table) {
  return static_cast<std::size_t>(table);
}

}  // namespace

struct ModbusServer::Engine {
  std::unique_ptr<modbus_t, FreeContext> context;
  std::unique_ptr<modbus_mapping_t, FreeMapping> mapping{
      modbus_mapping_new(kPlaces, kPlaces, kPlaces, kPlaces)};
  std::array<std::vector<bool>, 4> served;
  bool tcp = true;

  [[nodiscard]] std::uint16_t cell(Table table, std::size_t address) const {
    switch (table) {
      case Table::coils:
        return mapping->tab_bits[address];
      case Table::discrete_inputs:
        return mapping->tab_input_bits[address];
      case Table::holding_registers:
        return mapping->tab_registers[address];
      case Table::input_registers:
        break;
    }
    return mapping->tab_input_registers[address];
  }
  void set_cell(Table table, std::size_t address, std::uint16_t value) const {
    switch (table) {
      case Table::coils:
        mapping->tab_bits[address] = value != 0 ? 1 : 0;
        return;
      case Table::discrete_inputs:
        mapping->tab_input_bits[address] = value != 0 ? 1 : 0;
        return;
      case Table::holding_registers:
        mapping->tab_registers[address] = value;
        return;
      case Table::input_registers:
        mapping->tab_input_registers[address] = value;
        return;
    }
  }
};

ModbusServer::ModbusServer(Loop& loop, const Server& server, ServerHooks hooks)
    : loop_(loop), server_(server), hooks_(std::move(hooks)), engine_(std::make_unique<Engine>()) {
  if (!engine_->mapping) throw_errno(Status::software, "modbus_mapping_new");
  for (auto& table : engine_->served)
    table.resize(kPlaces);
  for (const ServedTag& tag : server.tags) {
    const std::size_t count = std::max<std::size_t>(tag.tag.count, 1);
    for (std::size_t i = 0; i < count && tag.tag.address + i < kPlaces; ++i)
      engine_->served[index_of(tag.table)][tag.tag.address + i] = true;
    if (!tag.value.is_null()) static_cast<void>(set(tag, tag.value));
  }
}

ModbusServer::~ModbusServer() {
  if (listener_) loop_.forget(listener_.get());
  for (const Fd& client : clients_)
    loop_.forget(client.get());
}

Result<std::string> ModbusServer::value(const ServedTag& tag) const {
  std::vector<std::uint16_t> cells;
  for (std::size_t i = 0; i < tag.tag.count; ++i)
    cells.push_back(engine_->cell(tag.table, tag.tag.address + i));
  return decode(tag.tag, cells);
}

Result<void> ModbusServer::set(const ServedTag& tag, const nlohmann::ordered_json& value) {
  const auto write = encode(tag.tag, value);
  if (!write) return write.error();
  if (write->mask) {
    engine_->set_cell(tag.table, write->address,
                      merged(engine_->cell(tag.table, write->address), *write));
    return {};
  }
  for (std::size_t i = 0; i < write->cells.size(); ++i)
    engine_->set_cell(tag.table, write->address + i, write->cells[i]);
  return {};
}

Result<void> ModbusServer::listen() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const Bus& at = server_.endpoint;
  const int error = ::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &list);
  if (error != 0) return Error{::gai_strerror(error)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(list, ::freeaddrinfo);
  listener_ = Fd{::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!listener_ || ::bind(listener_.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(listener_.get(), 64) != 0) {
    return Error{errno_text(errno)};
  }
  port_ = at.port;
  engine_->context.reset(modbus_new_tcp("127.0.0.1", at.port));
  if (!engine_->context) return Error{errno_text(errno)};
  modbus_set_byte_timeout(engine_->context.get(), 0, kByteTimeoutUs);
  loop_.watch(listener_.get(), POLLIN, [this](short) { accept(); });
  return {};
}

Result<void> ModbusServer::serve(int fd) {
  engine_->tcp = false;
  // Its settings are the port's already; only the frames are libmodbus's.
  engine_->context.reset(modbus_new_rtu("serial", 9600, 'N', 8, 1));
  if (!engine_->context) return Error{errno_text(errno)};
  modbus_set_byte_timeout(engine_->context.get(), 0, kByteTimeoutUs);
  if (server_.unit_id == 0) return Error{"unit 0 is a broadcast: a serial line needs 1 to 247"};
  if (modbus_set_slave(engine_->context.get(), server_.unit_id) != 0) {
    return Error{"unit " + std::to_string(server_.unit_id) + ": " + errno_text(errno)};
  }
  loop_.watch(fd, POLLIN, [this, fd](short) { answer(fd); });
  return {};
}

void ModbusServer::accept() {
  Fd client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (!client) return;
  // libmodbus waits for its descriptors with select().
  if (client.get() >= FD_SETSIZE) {
    hooks_.say("too many connections");
    return;
  }
  const int on = 1;
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ++counts_.connections;
  const int fd = client.get();
  clients_.push_back(std::move(client));
  loop_.watch(fd, POLLIN, [this, fd](short) { answer(fd); });
}

void ModbusServer::drop(int fd) {
  loop_.forget(fd);
  std::erase_if(clients_, [fd](const Fd& client) { return client.get() == fd; });
}

/// Whether all places a request is about are there.
bool ModbusServer::is_served(std::string_view pdu) const {
  if (pdu.size() < 5) return true;  // for libmodbus to judge
  const auto function = byte_at(pdu, 0);
  const auto table = table_of(function);
  if (!table) return true;
  const auto all = [&](std::size_t address, std::size_t count) {
    const std::vector<bool>& served = engine_->served[index_of(*table)];
    for (std::size_t i = address; i < address + count; ++i) {
      if (i >= served.size() || !served[i]) return false;
    }
    return true;
  };
  const bool one = function == 5 || function == 6 || function == 22;
  if (!all(word_at(pdu, 1), one ? 1 : word_at(pdu, 3))) return false;
  return function != 23 || pdu.size() < 9 || all(word_at(pdu, 5), word_at(pdu, 7));
}

/// FC 43/14, which libmodbus does not know.
std::string ModbusServer::identification(std::string_view pdu) const {
  std::string objects;
  unsigned count = 0;
  for (const auto& [id, text] : server_.identity) {
    if (id < byte_at(pdu, 3) || objects.size() + text.size() > 200) continue;
    objects += static_cast<char>(id);
    objects += static_cast<char>(text.size());
    objects += text;
    ++count;
  }
  std::string out{pdu.substr(0, 3)};
  out += '\x82';
  out.append(2, '\0');
  out += static_cast<char>(count);
  return out + objects;
}

void ModbusServer::reply_raw(int fd, const std::string& query, const std::string& pdu) {
  const Frame frame{word_at(query, 0), byte_at(query, kTcpHeader - 1), pdu};
  static_cast<void>(write_all(fd, wrap(Framing::tcp, frame)));
}

/// FC 43 is unknown to libmodbus, which would take only a part of it from the stream. True: it was
/// one, and is answered.
bool ModbusServer::answer_identification(int fd) {
  std::array<char, kTcpHeader + 4> block{};
  if (!engine_->tcp || server_.identity.empty()) return false;
  const ssize_t got = ::recv(fd, block.data(), block.size(), MSG_PEEK | MSG_DONTWAIT);
  const std::string query(block.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (query.size() < block.size() || byte_at(query, kTcpHeader) != 43) return false;
  if (byte_at(query, kTcpHeader + 1) != 14) return false;
  if (::recv(fd, block.data(), block.size(), MSG_DONTWAIT) != got) return false;
  ++counts_.requests;
  reply_raw(fd, query, identification(std::string_view{query}.substr(kTcpHeader)));
  return true;
}

void ModbusServer::answer(int fd) {
  if (answer_identification(fd)) return;
  std::array<std::uint8_t, MODBUS_TCP_MAX_ADU_LENGTH> block{};
  modbus_t* context = engine_->context.get();
  modbus_set_socket(context, fd);
  const int got = modbus_receive(context, block.data());
  if (got < 0 && engine_->tcp) {
    drop(fd);  // closed, or out of step
    return;
  }
  if (got <= 0) return;
  const std::string query(block.begin(), block.begin() + got);
  const std::size_t header = engine_->tcp ? kTcpHeader : 1;
  const std::string_view pdu = std::string_view{query}.substr(header);
  const std::uint8_t unit = byte_at(query, header - 1);
  const bool ours = server_.unit_id == 0 || unit == server_.unit_id || unit == 255;
  if (pdu.empty() || !ours) return;
  ++counts_.requests;
  const std::uint8_t function = byte_at(pdu, 0);
  if (!is_served(pdu)) {
    ++counts_.exceptions;
    modbus_reply_exception(context, block.data(), MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
  } else {
    modbus_reply(context, block.data(), got, engine_->mapping.get());
    const bool writes = function == 5 || function == 6 || function == 15 || function == 16 ||
                        function == 22 || function == 23;
    if (!writes) return;
    ++counts_.writes;
    hooks_.written();
  }
}

}  // namespace tbgw::modbus
