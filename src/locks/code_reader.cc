// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/code_reader.h"

#include <algorithm>

namespace kmortem::locks {

namespace {

constexpr uint64_t kLargestPiece = uint64_t{64} << 10;
constexpr size_t kMostInstructions = 20000;
// A function has one cold piece; with -ffunction-sections and inlining tools have been seen to make
// a second.
constexpr size_t kMostPieces = 4;

bool leaves_directly(const Instruction& instruction) {
  return (instruction.op == Op::jump || instruction.op == Op::branch) && instruction.target != 0;
}

}  // namespace

std::string_view without_cold(std::string_view name) {
  const size_t at = name.find(".cold");
  return at == std::string_view::npos ? name : name.substr(0, at);
}

const FunctionSymbol* CodeReader::symbol(uint64_t address) {
  const auto known = symbol_of_.find(address);
  if (known != symbol_of_.end()) return known->second;
  const FunctionSymbol*& result = symbol_of_[address];
  result = nullptr;
  if (!symbolizer_.is_text(address)) return nullptr;
  model::Frame frame = symbolizer_.symbolize(address);
  if (frame.function.empty() || frame.function_size == 0) return nullptr;
  auto& entry = symbols_[address - frame.offset];
  if (!entry) {
    entry = std::make_unique<FunctionSymbol>(
        FunctionSymbol{std::move(frame.function), std::move(frame.module), address - frame.offset,
                       frame.function_size});
  }
  return result = entry.get();
}

std::vector<std::byte> CodeReader::bytes(const FunctionSymbol& symbol, uint64_t limit) {
  auto bytes = target_.memory.read_bytes(symbol.address, std::min(symbol.size, limit));
  return bytes ? std::move(*bytes) : std::vector<std::byte>();
}

bool CodeReader::add_piece(FunctionCode& code, const FunctionSymbol& symbol) {
  CodePiece piece{symbol.address, bytes(symbol, kLargestPiece)};
  if (piece.bytes.empty()) return false;
  uint64_t at = piece.begin;
  while (at < piece.end() && code.instructions.size() < kMostInstructions) {
    const auto instruction = decoder_.decode(piece.from(at), at);
    if (!instruction) break;
    code.instructions.push_back(*instruction);
    at = instruction->end();
  }
  code.pieces.push_back(std::move(piece));
  std::ranges::sort(code.instructions, {}, &Instruction::address);
  return true;
}

void CodeReader::add_cold_pieces(FunctionCode& code) {
  std::vector<const FunctionSymbol*> wanted;
  for (const Instruction& instruction : code.instructions) {
    if (!leaves_directly(instruction) || code.contains(instruction.target)) continue;
    const FunctionSymbol* there = symbol(instruction.target);
    if (there == nullptr || std::ranges::find(wanted, there) != wanted.end()) continue;
    if (there->name != code.name && without_cold(there->name) == code.name) wanted.push_back(there);
  }
  for (const FunctionSymbol* cold : wanted) {
    if (code.pieces.size() < kMostPieces) add_piece(code, *cold);
  }
}

// A cold piece jumps back into its function, or nowhere when it ends in a panic. A name alone is
// not enough: static functions share names.
const FunctionSymbol* CodeReader::parent_of(const FunctionSymbol& cold) {
  const std::string_view name = without_cold(cold.name);
  FunctionCode alone;
  if (!add_piece(alone, cold)) return nullptr;
  for (const Instruction& instruction : alone.instructions) {
    if (!leaves_directly(instruction)) continue;
    const FunctionSymbol* there = symbol(instruction.target);
    if (there != nullptr && there->name == name) return there;
  }
  const auto address = target_.symbol(name);
  return address ? symbol(*address) : nullptr;
}

FunctionCode CodeReader::read(const FunctionSymbol& asked) {
  const FunctionSymbol* main = &asked;
  if (without_cold(asked.name) != asked.name) main = parent_of(asked);
  FunctionCode code;
  if (main != nullptr) {
    code.name = main->name;
    code.module = main->module;
    code.entry = main->address;
    add_piece(code, *main);
    add_cold_pieces(code);
  }
  if (code.contains(asked.address)) return code;
  code = FunctionCode();
  code.name = asked.name;
  code.module = asked.module;
  code.entry = asked.address;
  code.entry_known = main == &asked;
  add_piece(code, asked);
  return code;
}

const FunctionCode* CodeReader::function(uint64_t address) {
  const FunctionSymbol* asked = symbol(address);
  if (asked == nullptr) return nullptr;
  auto& entry = functions_[asked->address];
  if (!entry) entry = std::make_unique<FunctionCode>(read(*asked));
  return entry->instructions.empty() ? nullptr : entry.get();
}

std::string CodeReader::text(const FunctionCode& code, uint64_t address) {
  const CodePiece* piece = code.piece_of(address);
  return piece == nullptr ? std::string() : decoder_.text(piece->from(address), address);
}

}  // namespace kmortem::locks
